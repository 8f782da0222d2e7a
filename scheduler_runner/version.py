"""The product's version: of the checkout, the commands and the notices' small print."""

VERSION = "0.2.0.dev0"
