"""Pages of the front door: form, status by link, phone note, start and legal pages."""

from inquiries.intake.routes import filing, pages, phone, status
from inquiries.intake.routes.blueprint import bp

__all__ = ["bp", "filing", "pages", "phone", "status"]
