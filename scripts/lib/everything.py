#!/usr/bin/env python3
"""A registry on loopback that has every image, always the same empty one, until standard input ends. Prints its port."""
import hashlib
import http.server
import json
import sys
import threading

CONFIG = json.dumps({"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": []}}).encode()


def described(kind, body):
    return {"mediaType": kind, "digest": "sha256:" + hashlib.sha256(body).hexdigest(), "size": len(body)}


MANIFEST = json.dumps({
    "schemaVersion": 2,
    "mediaType": "application/vnd.oci.image.manifest.v1+json",
    "config": described("application/vnd.oci.image.config.v1+json", CONFIG),
    "layers": [],
}).encode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        kind, body = "application/json", b"{}"
        if "/manifests/" in self.path:
            kind, body = "application/vnd.oci.image.manifest.v1+json", MANIFEST
        elif "/blobs/" in self.path:
            kind, body = "application/octet-stream", CONFIG
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Docker-Content-Digest", described(kind, body)["digest"])
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
sys.stdin.read()
