#escape=`
FROM --platform=windows/amd64 mcr.microsoft.com/windows/servercore:ltsc2022
SHELL ["powershell", "-Command", "$ErrorActionPreference = 'Stop'; $ProgressPreference = 'SilentlyContinue';"]
ENV SITE_ROOT C:\inetpub\wwwroot
RUN Install-WindowsFeature Web-Server; `
    Remove-Item -Recurse C:\inetpub\wwwroot\*
WORKDIR /inetpub/wwwroot
COPY content/ .
ADD https://files.example.com/ServiceMonitor.exe C:\ServiceMonitor.exe
EXPOSE 80
VOLUME C:\logs
USER ContainerAdministrator
ENTRYPOINT C:\ServiceMonitor.exe w3svc
