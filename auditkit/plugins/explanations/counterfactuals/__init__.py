"""What would have to change about a person for the model to decide otherwise?"""
