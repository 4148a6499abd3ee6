#= values have other forms
#! 2 InvalidLabelValue: the value of label `u` is not a valid URL
#! 3 InvalidLabelValue: the value of label `t` is empty
#! 4 InvalidLabelValue: the value of label `v` is not a valid semantic version
#! 4 InvalidLabelValue: the value of label `l` is not a valid SPDX licence expression
#! 5 InvalidLabelValue: the value of label `d` is not a valid time of RFC 3339
#! 5 InvalidLabelValue: the value of label `m` is not a valid e-mail address
#! 5 InvalidLabelValue: the value of label `h` is not a valid commit
#? labels u=url t=text v=semver l=spdx d=rfc3339 m=email h=hash
FROM x:1
LABEL u=example.com
LABEL t=""
LABEL v=latest l="Apache 2"
LABEL d=2026-11-29 m=jane h=main
HEALTHCHECK NONE
#= values are as they should be, or not known
#? labels u=url t=text v=semver l=spdx d=rfc3339 m=email h=hash
FROM x:1
ARG V
LABEL u="https://example.com" t='a b' v=$V l="MIT OR Apache-2.0" d=2026-11-29T12:00:00Z m=jane@example.com h=43c572f
LABEL other="" v=1.2.3
HEALTHCHECK NONE
