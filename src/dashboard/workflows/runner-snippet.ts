/**
 * A small runner to begin with. It needs only Python, and reads its secret and its port from the environment. Complete runners
 * are in examples/.
 */
export const RUNNER_SNIPPET = `import base64, hmac, http.server, json, os, threading, time, urllib.request

SECRET = os.environ["WEBHOOK_SECRET"]
KEY = base64.b64decode(SECRET[6:]) if SECRET.startswith("whsec_") else SECRET.encode()


def work(run):
    """Put your work here. What it raises is the error of the run."""
    print("Reads", [part["materialized_path"] for part in run["run_snapshot"]["sources"]])


def execute(run):
    try:
        work(run)
        result = {"status": "COMPLETED"}
    except Exception as error:
        result = {"status": "FAILED", "error": repr(error)}
    headers = {"Authorization": "Bearer " + run["callback_token"], "Content-Type": "application/json"}
    request = urllib.request.Request(run["callback_url"], json.dumps(result).encode(), headers)
    print("Says", result, "and is answered", urllib.request.urlopen(request).status)


def is_signed(headers, body):
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    mine = b"v1," + base64.b64encode(hmac.digest(KEY, content, "sha256"))
    is_recent = abs(time.time() - int(headers["webhook-timestamp"])) < 300
    return is_recent and any(hmac.compare_digest(mine, one.encode()) for one in headers["webhook-signature"].split())


class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        accepts = is_signed(self.headers, body)
        self.send_response(202 if accepts else 401)
        self.end_headers()
        message = json.loads(body)
        if accepts and message["type"] == "workflow_run.dispatched":
            threading.Thread(target=execute, args=[message["data"]]).start()


http.server.ThreadingHTTPServer(("", int(os.environ.get("PORT", "8080"))), Hook).serve_forever()
`;
