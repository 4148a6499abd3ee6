FROM jenkins/inbound-agent:latest-jdk17
USER root
ARG DOCKER_GID=998
RUN groupadd -g ${DOCKER_GID} docker && usermod -aG docker jenkins
RUN apt-get update && apt-get install -y docker.io && apt-get clean
USER jenkins
