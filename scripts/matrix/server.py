#!/usr/bin/env python3
"""The servers of scripts/record-matrix: fixed content over HTTP and HTTPS, until standard input ends.

usage: server.py ROOT CERT KEY

Prints the ports, plain and TLS. Below ROOT: files as they are, `git/` as repositories for smart HTTP. And:
  /signed/NAME     a redirect to another host, with a signature that is another one each time
  /chunked/NAME    without a length
  /gzip/NAME       packed, as servers do for texts
  /auth/NAME       only with credentials
"""
import gzip
import http.server
import os
import secrets
import shutil
import ssl
import subprocess
import sys
import threading

root, certificate, key = sys.argv[1:4]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        path, _, query = self.path.partition("?")
        first, _, rest = path.lstrip("/").partition("/")
        if first == "git":
            return self.git(rest, query)
        if first == "signed":
            port = self.server.server_address[1]
            scheme = "https" if self.server.tls else "http"
            to = f"{scheme}://files.test:{port}/{rest}?X-Amz-Date={secrets.token_hex(4)}&X-Amz-Signature={secrets.token_hex(16)}"
            return self.answer(302, b"moved\n", {"Location": to})
        if first == "auth" and "Authorization" not in self.headers:
            return self.answer(401, b"who?\n", {"WWW-Authenticate": "Basic realm=x"})
        name = rest if first in ("chunked", "gzip", "auth") else path.lstrip("/")
        file = os.path.normpath(os.path.join(root, name))
        if not file.startswith(root + "/") or not os.path.isfile(file):
            return self.answer(404, b"not found\n", {})
        with open(file, "rb") as source:
            body = source.read()
        headers = {"ETag": f'"{len(body)}"', "Accept-Ranges": "bytes"}
        if first == "gzip" and "gzip" in self.headers.get("Accept-Encoding", ""):
            return self.answer(200, gzip.compress(body, mtime=0), {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"})
        if first == "chunked":
            return self.chunked(body)
        wanted = self.headers.get("Range", "")
        if wanted.startswith("bytes=") and wanted.endswith("-"):
            start = int(wanted[6:-1])
            headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
            return self.answer(206, body[start:], headers)
        self.answer(200, body, headers)

    do_HEAD = do_POST = do_GET

    def answer(self, status, body, headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def chunked(self, body):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for start in range(0, len(body), 1000):
            piece = body[start : start + 1000]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def git(self, path, query):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": os.path.join(root, "git"),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "PATH_INFO": "/" + path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*",
        }
        said = subprocess.run(["git", "http-backend"], input=body, env=environment, capture_output=True, check=False)
        head, _, content = said.stdout.partition(b"\r\n\r\n")
        headers, status = {}, 200
        for line in head.decode().splitlines():
            name, _, value = line.partition(": ")
            if name == "Status":
                status = int(value.split()[0])
            else:
                headers[name] = value
        self.answer(status, content, headers)


def serve(tls):
    server = http.server.ThreadingHTTPServer(("0.0.0.0", 0), Handler)
    server.daemon_threads = True
    server.tls = tls
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


assert shutil.which("git")
print(serve(False), serve(True), flush=True)
sys.stdin.read()
