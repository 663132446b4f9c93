"""What is shown: ``screen`` prints, ``svg`` draws, ``webpage`` wraps a drawing, and writes it."""
