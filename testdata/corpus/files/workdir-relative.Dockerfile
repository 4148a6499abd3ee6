FROM alpine
WORKDIR a
WORKDIR b/../c
WORKDIR ./d
RUN pwd
WORKDIR /x//y/
WORKDIR ..
COPY f .
COPY f ./
COPY f g/
COPY . .
ADD ["with space.txt", "dir with space/"]
