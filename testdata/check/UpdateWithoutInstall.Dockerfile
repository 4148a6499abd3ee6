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
#= installed by a program that starts others
FROM debian:12
RUN apt-get update && cat list | xargs apt-get install -y
RUN apt-get update && xargs -a list -r apt-get -y install
RUN apt-get update && eatmydata apt-get install -y a
RUN apt-get update && bash -c "apt-get install -y a"
RUN apt-get update && sh -ec 'apt-get install -y a'
RUN apt-get update && timeout -k 5 60 apt-get install -y a
RUN apt-get update && eval apt-get install -y a
RUN apt-get update && eval "apt-get install -y a"
RUN apt-get update && find . -name '*.deb' -exec apt-get install -y {} \;
RUN apt-get update && DEBIAN_FRONTEND=noninteractive nice -n 10 sudo -u root -E apt-get install -y a
#= installed by something that cannot be seen
FROM debian:12
RUN apt-get update && ./install-deps.sh
RUN apt-get update && make deps
RUN apt-get update && bash /tmp/install.sh
RUN apt-get update && $INSTALL a
RUN apt-get update && apt-get download a
RUN apt-get update && if [ -n "$A" ]; then apt-get install -y a; fi
RUN apt-get update && for p in a b; do apt-get install -y $p; done
RUN apt-get update && case $A in a|b) apt-get install -y a ;; *) true ;; esac
#= names of commands in a text are none
#! 2-7 UpdateWithoutInstall: `apt-get` fetches lists, and no package is installed with them
FROM debian:12
RUN <<EOF
apt-get update
cat > /x <<END
apt-get install a
END
EOF
#= a trigger runs later, and is a step all the same
#! 2 UpdateWithoutInstall: `apt-get` fetches lists, and no package is installed with them
FROM debian:12
ONBUILD RUN apt-get update
ONBUILD RUN apt-get update && apt-get install -y curl
ONBUILD WORKDIR /app
