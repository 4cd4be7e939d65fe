"""What does a language model take your text as evidence for: when it reads it, and after it has been trained on it?"""

__version__ = "0.1.0"
