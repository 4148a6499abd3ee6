#= with recommended packages
#! 2 InstallRecommends: `apt-get install` installs recommended packages as well
FROM debian:12
RUN apt-get update && apt-get install -y a
#= told otherwise
FROM debian:12
RUN apt-get install -y --no-install-recommends a
RUN apt-get -o APT::Install-Recommends=false install -y a
RUN apt-get upgrade -y && apk add a
RUN echo 'APT::Install-Recommends "0";' > /etc/apt/apt.conf.d/x && apt-get install -y a
RUN apt-get install -y a
#= a flag is not a config, though the step writes one
#! 2 InstallRecommends: `apt-get install` installs recommended packages as well
FROM debian:12
RUN apt-get install -y a && echo deb >/etc/apt/sources.list.d/b.list && apt-get install -y --no-install-recommends b
