#= asked
#! 2 InstallWithoutYes: `apt-get` installs packages without `-y`
#! 3 InstallWithoutYes: `dnf` installs packages without `-y`
#! 4 InstallWithoutYes: `zypper` installs packages without `--non-interactive`
FROM debian:12
RUN apt-get update && apt-get install a
RUN dnf install a
RUN zypper install a
#= answered
FROM debian:12
RUN apt-get -qq install a && apt-get install --no-install-recommends -yq a && apt-get install $FLAGS a
RUN yes | apt-get install a
RUN apt-get -o APT::Get::Assume-Yes=true install a
RUN yum -y install a && dnf --assumeyes install a && microdnf install -y a
RUN zypper -n install a && zypper --non-interactive in a && zypper in -y a
RUN apk add a && pip install a
#= microdnf never asks
FROM oraclelinux:9-slim
RUN microdnf install a
