#= lists alone
#! 2 UpdateWithoutInstall: `apt-get` fetches lists, and no package is installed with them
FROM debian:12
RUN apt-get update
RUN apt-get install -y a
#= of another manager
#! 2 UpdateWithoutInstall: `apk` fetches lists, and no package is installed with them
FROM debian:12
RUN apk update && apt-get install -y a
#= together, or kept
FROM debian:12
RUN apt-get update && apt-get -y install a
RUN --mount=type=cache,target=/var/lib/apt apt-get update
