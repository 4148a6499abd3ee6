#= single quotes, no comma, no end
#! 2 AlmostJson: the arguments of CMD look like JSON and are not
#! 3 AlmostJson: the arguments of ENTRYPOINT look like JSON and are not
#! 4 AlmostJson: the arguments of RUN look like JSON and are not
#! 5 AlmostJson: the arguments of COPY look like JSON and are not
#! 6 AlmostJson: the arguments of VOLUME look like JSON and are not
FROM alpine:3.20
CMD ['sleep', '60']
ENTRYPOINT ["a" "b"]
RUN ["a", "b"
COPY ["a", 'b']
VOLUME ['/a', '/b']
#= JSON, and tests of a shell
FROM alpine:3.20
CMD ["sleep", "60"]
RUN [ -f /a ] && [ "$A" = b ] || true
RUN [ "$A" ]
COPY ["a", "b"]
VOLUME ["/a"]
