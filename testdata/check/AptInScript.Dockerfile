#= apt
#! 2 AptInScript: a script uses `apt`
FROM debian:12
RUN apt update
#= apt-get
FROM debian:12
RUN apt-get update && rm -rf /var/lib/apt
