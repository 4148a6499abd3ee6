#= relative, with nothing above it
#! 2 WorkdirRelativePath: Relative workdir "srv/app" can have unexpected results if the base image changes
FROM alpine
WORKDIR srv/app

#= only the first one is reported
#! 2 WorkdirRelativePath: Relative workdir "a" can have unexpected results if the base image changes
FROM alpine
WORKDIR a
WORKDIR b

#= below an absolute one
FROM alpine
WORKDIR /srv
WORKDIR app

#= below an absolute one in the stage it builds on
FROM alpine AS a
WORKDIR /srv
FROM a
WORKDIR app

#= expanded first
FROM alpine
ENV DIR=/srv
WORKDIR $DIR/app
