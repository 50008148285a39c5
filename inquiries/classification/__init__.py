"""What is it about?"""
