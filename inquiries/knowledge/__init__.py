"""What did we answer before?"""
