#= ENV and LABEL
#! 2 LegacyKeyValueFormat: "ENV key=value" should be used instead of legacy "ENV key value" format
#! 3 LegacyKeyValueFormat: "LABEL key=value" should be used instead of legacy "LABEL key value" format
FROM alpine
ENV DIR /srv
LABEL a b c

#= the form with an equals sign
FROM alpine
ENV DIR=/srv NAME="a b"
LABEL a="b c"
