#= a high number
#! 2 UseraddHighUid: `useradd` with a high number writes huge log files
FROM debian:12
RUN useradd -u 1000600000 a
#= a low number, or told
FROM debian:12
RUN useradd -u 1000 a && useradd -l --uid=1000600000 b && useradd --no-log-init -u 1000600000 c
