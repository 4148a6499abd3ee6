FROM alpine AS context
FROM alpine AS scratch
FROM alpine AS dup
FROM alpine AS dup
RUN true
