"""What readers are given to read: claims dealt to frames, documents put in them, and the schooling beside them."""
