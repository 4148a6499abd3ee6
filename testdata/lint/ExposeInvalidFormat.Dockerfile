#= a port of the host
#! 2 ExposeInvalidFormat: EXPOSE instruction should not define an IP address or host-port mapping, found '8080:80'
FROM alpine
EXPOSE 8080:80 443

#= an address
#! 2 ExposeInvalidFormat: EXPOSE instruction should not define an IP address or host-port mapping, found '127.0.0.1:8080:80/tcp'
FROM alpine
EXPOSE 127.0.0.1:8080:80/tcp

#= a variable's value is what counts
#! 3 ExposeInvalidFormat: EXPOSE instruction should not define an IP address or host-port mapping, found '8080:80'
FROM alpine
ENV PORT=8080:80
EXPOSE $PORT

#= ports and ranges
FROM alpine
EXPOSE 80 443/tcp 8000-8010/udp
