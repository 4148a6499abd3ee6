#= managers
#! 2 UnversionedPackage: `b` and 1 more are installed in whatever version there is
#! 3 UnversionedPackage: `c` is installed in whatever version there is
#! 4 UnversionedPackage: `e` is installed in whatever version there is
FROM debian:12
RUN apt-get update && apt-get install -y --no-install-recommends a=1 b c
RUN apk add --no-cache --virtual .deps c d~1
RUN python3 -m pip install -r requirements.txt 'd==1' e
#= versions, files and variables
FROM debian:12
RUN apt-get install -y -t stable a=1 ./b.deb $PACKAGES
RUN pip install -e . https://example.com/a.whl 'b>=1'
RUN apt-get update && apk update
#= other commands
FROM debian:12
RUN apt-get remove -y a && echo install b
