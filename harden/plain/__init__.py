"""The review in lines: the work of the app without any drawing."""
