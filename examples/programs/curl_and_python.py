"""Real programs, not only Python functions: curl fetches from a child Python over a lossy link.

softnet run examples/programs/curl_and_python.py
"""

import sys

import softnet

SERVER = """
import http.server, time

class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(20 if self.path == "/slow" else 0)
        body = b"a page\\n" * 3000
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass

http.server.ThreadingHTTPServer(("", 80), Page).serve_forever()
"""
SAY = "%{http_code} %{size_download} bytes"

with softnet.Lab(seed=21, digest=True) as lab:
    web, cli = lab.hosts("web", "cli")
    lab.link(web, cli, delay="20ms", rate="10mbit", loss="2%")
    web.popen(sys.executable, "-c", SERVER)
    print(cli.exec("curl", "-sS", "-o", "/dev/null", "-w", SAY, "http://web/").stdout)
    slow = cli.exec("curl", "-sS", "--max-time", "5", "http://web/slow")
    print(slow.returncode, "after", round(lab.now), "s")
    script = "curl -s http://web/ | wc -l; curl -s http://web:81/ || echo refused: $?"
    print(cli.exec("sh", "-c", script).stdout.replace("\n", ", "))
    print(f"{lab.now:.6f} s of virtual time, digest {lab.digest[:16]}")
