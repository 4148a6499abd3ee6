#= a service
#! 2 UselessCommand: `service` has no effect that stays in the image
FROM debian:12
RUN service nginx start
#= with an agent, and installed
FROM debian:12
RUN --mount=type=ssh ssh git@example.com
RUN apt-get install -y vim ssh
#= for what follows in the step
FROM debian:12
RUN service mysql start && mysql -e 'CREATE DATABASE a'
RUN server & sleep 1; test a; kill $!
