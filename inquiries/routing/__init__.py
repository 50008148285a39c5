"""Who takes care, and why?"""
