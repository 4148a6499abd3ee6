FROM alpine
COYP . .
