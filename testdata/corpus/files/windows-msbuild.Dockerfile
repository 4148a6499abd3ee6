# escape = `
ARG TAG=ltsc2019
FROM --platform=windows mcr.microsoft.com/windows/servercore:${TAG}
ADD https://downloads.example.com/buildtools.exe C:\TEMP\buildtools.exe
RUN C:\TEMP\buildtools.exe --quiet --wait `
    --installPath C:\Tools `
    --add Example.Workload.Native `
 || IF "%ERRORLEVEL%"=="3010" EXIT 0
RUN setx /M PATH "%PATH%;C:\Tools\Bin"
ENTRYPOINT ["C:\\Tools\\shell.bat", "&&", "powershell.exe", "-NoLogo"]
