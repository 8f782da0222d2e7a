"""What a person reads on a console, in the language and signs that suit: ``chosen.screen``, ``screen.Screen``."""
