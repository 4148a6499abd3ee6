#= upper case
#! 2 ExposeProtoCasing: Defined protocol '53/UDP' in EXPOSE instruction should be lowercase
FROM alpine
EXPOSE 53/UDP 53/tcp

#= mixed case, twice
#! 2 ExposeProtoCasing: Defined protocol '80/Tcp' in EXPOSE instruction should be lowercase
#! 2 ExposeProtoCasing: Defined protocol '81/TCP' in EXPOSE instruction should be lowercase
FROM alpine
EXPOSE 80/Tcp 81/TCP

#= lower case, or none
FROM alpine
EXPOSE 80/tcp 53/udp 90/sctp 443
