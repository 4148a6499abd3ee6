#= a download into a shell
#! 2 PipeWithoutPipefail: the step succeeds when `curl` fails
FROM debian:12
RUN a && curl -fsSL https://example.com/i | sh
#= in a heredoc
#! 2-4 PipeWithoutPipefail: the step succeeds when `wget` fails
FROM debian:12
RUN <<EOF
wget -O- https://example.com/i | tar x
EOF
#= told to fail
FROM debian:12
RUN set -o pipefail && curl https://example.com/i | sh
SHELL ["/bin/bash", "-eo", "pipefail", "-c"]
RUN curl https://example.com/i | sh
#= nothing that fails, and no pipe
FROM debian:12
RUN echo a | tee b
RUN a || b
RUN ["sh", "-c", "a | b"]
#= after SHELL has changed back
#! 4 PipeWithoutPipefail: the step succeeds when `a` fails
FROM debian:12
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
SHELL ["/bin/sh", "-c"]
RUN a | b
#= PowerShell has other pipes
FROM mcr.microsoft.com/windows/servercore:ltsc2022
SHELL ["powershell", "-Command"]
RUN Get-Item x | Remove-Item
#= so has cmd
FROM mcr.microsoft.com/windows/nanoserver:ltsc2022
RUN type x | findstr y
#= a file for Windows
# escape=`
FROM some/image:1
RUN type x | findstr y
#= a shell of the stage below
FROM debian:12 AS base
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
FROM base
RUN curl x | sh
#= a shell that is started by another program
#! 3 PipeWithoutPipefail: the step succeeds when `curl` fails
FROM some/image:1
SHELL ["conda", "run", "-n", "x", "/bin/bash", "-c"]
RUN curl x | sh
#= another interpreter
FROM some/image:1
SHELL ["/usr/bin/python3", "-c"]
RUN a = b | c
#= a checksum is looked at
FROM debian:12
RUN grep a sums | sha256sum -c -
#= a program that find starts
#! 2 PipeWithoutPipefail: the step succeeds when `find` fails
FROM debian:12
RUN find /a -exec dirname '{}' ';' | sort -u > /b
#= a check is for its own pipe
#! 3 PipeWithoutPipefail: the step succeeds when `curl` fails
FROM debian:12
RUN curl -fsS https://example.com/a.sha256 | sha256sum -c
RUN curl -fsS https://example.com/a.sha256 | sha256sum -c && curl -fsS https://example.com/b | sh
