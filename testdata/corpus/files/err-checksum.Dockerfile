FROM alpine
ADD --checksum=md5:abc https://example.org/x /x
