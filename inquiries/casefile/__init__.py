"""The file itself: inquiry, messages, attachments, history, and who may see them."""
