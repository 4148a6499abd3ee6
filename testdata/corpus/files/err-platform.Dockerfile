FROM --platform=linux/amd64/v1/extra/bits alpine
