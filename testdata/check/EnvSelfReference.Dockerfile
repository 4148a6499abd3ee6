#= in the same ENV
#! 2 EnvSelfReference: `A` is used in the `ENV` that sets it
#! 3 EnvSelfReference: `A` is used in the `ENV` that sets it
FROM alpine:3.20
ENV A=/a B=$A/b
ENV A=/a B="x" C="${A:-b}/c"
#= in another, of the variable itself, or not replaced
FROM alpine:3.20
ENV A=/a
ENV B=$A/b PATH=$A:$PATH
ENV C=1 D=\$C E='$C' F=$CC
