# escape=`

FROM mcr.microsoft.com/dotnet/sdk:8.0-nanoserver-ltsc2022 AS build
WORKDIR C:\src
COPY App.csproj .
RUN dotnet restore
COPY . .
RUN dotnet publish `
    -c Release `
    -o C:\out

FROM mcr.microsoft.com/dotnet/runtime:8.0-nanoserver-ltsc2022
WORKDIR C:\app
COPY --from=build C:\out .
ENTRYPOINT ["App.exe"]
