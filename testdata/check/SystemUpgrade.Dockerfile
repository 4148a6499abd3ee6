#= everything
#! 2 SystemUpgrade: `apt-get` upgrades the whole system
#! 3 SystemUpgrade: `apk` upgrades the whole system
#! 4 SystemUpgrade: `dnf` upgrades the whole system
FROM debian:12
RUN apt-get update && apt-get -y dist-upgrade
RUN apk --no-cache upgrade
RUN dnf -y update && dnf install a
#= packages by name, and lists
FROM debian:12
RUN apk upgrade --no-cache openssl && yum -y update openssl
RUN apt-get update && apt-get upgrade -y
