// From 9c22f65a4b46823474879f4f7b3eb3ed0fd06bb30874b1004b408a9ae5b54e4f
import * as platform_buffer from "node:buffer";
import * as platform_events from "node:events";

var Po = Object.create;
var Ie = Object.defineProperty;
var Ro = Object.getOwnPropertyDescriptor;
var Lo = Object.getOwnPropertyNames;
var Bo = Object.getPrototypeOf,
  Fo = Object.prototype.hasOwnProperty;
var Mo = (r, e, t) =>
  e in r ? Ie(r, e, { enumerable: true, configurable: true, writable: true, value: t }) : (r[e] = t);
var a = (r, e) => Ie(r, "name", { value: e, configurable: true });
var V = (r, e, t) => () => {
  if (t) throw t[0];
  try {
    return (r && (e = r((r = 0))), e);
  } catch (n) {
    throw ((t = [n]), n);
  }
};
var T = (r, e) => () => {
    try {
      return (e || r((e = { exports: {} }).exports, e), e.exports);
    } catch (t) {
      throw ((e = 0), t);
    }
  },
  se = (r, e) => {
    for (var t in e) Ie(r, t, { get: e[t], enumerable: true });
  },
  Dn = (r, e, t, n) => {
    if ((e && typeof e == "object") || typeof e == "function")
      for (const i of Lo(e))
        !Fo.call(r, i) && i !== t && Ie(r, i, { get: () => e[i], enumerable: !(n = Ro(e, i)) || n.enumerable });
    return r;
  };
var we = (r, e, t) => (
    (t = r != null ? Po(Bo(r)) : {}),
    Dn(e || !r || !r.__esModule ? Ie(t, "default", { value: r, enumerable: true }) : t, r)
  ),
  O = (r) => Dn(Ie({}, "__esModule", { value: true }), r);
var E = (r, e, t) => Mo(r, typeof e != "symbol" ? e + "" : e, t);
var oi = T((e, m) => {
  m.exports = platform_buffer;
});
var b,
  x,
  v,
  p,
  y,
  h = V(() => {
    (b = globalThis),
      (x = globalThis.setImmediate ?? ((r) => setTimeout(r, 0))),
      (v = globalThis.clearImmediate ?? ((r) => clearTimeout(r))),
      (p =
        typeof globalThis.Buffer == "function" && typeof globalThis.Buffer.allocUnsafe == "function"
          ? globalThis.Buffer
          : oi().Buffer),
      (y = globalThis.process ?? {});
    y.env ?? (y.env = {});
    try {
      y.nextTick(() => {});
    } catch {
      const e = Promise.resolve();
      y.nextTick = e.then.bind(e);
    }
  });
var ve = T((e, m) => {
  m.exports = platform_events;
});
var Ii = {};
se(Ii, { Socket: () => pe, isIP: () => Ma });
function Ma(r) {
  return 0;
}
var Ti,
  _i,
  A,
  pe,
  Ge = V(() => {
    "use s\
trict";
    h();
    Ti = we(ve(), 1);
    a(Ma, "isIP");
    (_i = /^[^.]+\./),
      (A = class A extends Ti.EventEmitter {
        constructor() {
          super(...arguments);
          E(this, "opts", {});
          E(this, "connecting", !1);
          E(this, "pending", !0);
          E(this, "writable", !0);
          E(this, "encrypted", !1);
          E(this, "authorized", !1);
          E(this, "destroyed", !1);
          E(this, "ws", null);
          E(
            this,
            "\
writeBuffer",
          );
          E(this, "tlsState", 0);
          E(this, "tlsRead");
          E(this, "tlsWrite");
        }
        static get poolQueryViaFetch() {
          return A.opts.poolQueryViaFetch ?? A.defaults.poolQueryViaFetch;
        }
        static set poolQueryViaFetch(t) {
          A.opts.poolQueryViaFetch = t;
        }
        static get fetchEndpoint() {
          return A.opts.fetchEndpoint ?? A.defaults.fetchEndpoint;
        }
        static set fetchEndpoint(t) {
          A.opts.fetchEndpoint = t;
        }
        static get fetchConnectionCache() {
          return !0;
        }
        static set fetchConnectionCache(t) {
          console.warn("The `fetchConnectionCache` option is deprecated (now always `true`)");
        }
        static get fetchFunction() {
          return A.opts.fetchFunction ?? A.defaults.fetchFunction;
        }
        static set fetchFunction(t) {
          A.opts.fetchFunction = t;
        }
        static get webSocketConstructor() {
          return A.opts.webSocketConstructor ?? A.defaults.webSocketConstructor;
        }
        static set webSocketConstructor(t) {
          A.opts.webSocketConstructor = t;
        }
        get webSocketConstructor() {
          return this.opts.webSocketConstructor ?? A.webSocketConstructor;
        }
        set webSocketConstructor(t) {
          this.opts.webSocketConstructor = t;
        }
        static get wsProxy() {
          return A.opts.wsProxy ?? A.defaults.wsProxy;
        }
        static set wsProxy(t) {
          A.opts.wsProxy = t;
        }
        get wsProxy() {
          return this.opts.wsProxy ?? A.wsProxy;
        }
        set wsProxy(t) {
          this.opts.wsProxy = t;
        }
        static get coalesceWrites() {
          return A.opts.coalesceWrites ?? A.defaults.coalesceWrites;
        }
        static set coalesceWrites(t) {
          A.opts.coalesceWrites = t;
        }
        get coalesceWrites() {
          return this.opts.coalesceWrites ?? A.coalesceWrites;
        }
        set coalesceWrites(t) {
          this.opts.coalesceWrites = t;
        }
        static get useSecureWebSocket() {
          return A.opts.useSecureWebSocket ?? A.defaults.useSecureWebSocket;
        }
        static set useSecureWebSocket(t) {
          A.opts.useSecureWebSocket = t;
        }
        get useSecureWebSocket() {
          return this.opts.useSecureWebSocket ?? A.useSecureWebSocket;
        }
        set useSecureWebSocket(t) {
          this.opts.useSecureWebSocket = t;
        }
        static get forceDisablePgSSL() {
          return A.opts.forceDisablePgSSL ?? A.defaults.forceDisablePgSSL;
        }
        static set forceDisablePgSSL(t) {
          A.opts.forceDisablePgSSL = t;
        }
        get forceDisablePgSSL() {
          return this.opts.forceDisablePgSSL ?? A.forceDisablePgSSL;
        }
        set forceDisablePgSSL(t) {
          this.opts.forceDisablePgSSL = t;
        }
        static get disableSNI() {
          return A.opts.disableSNI ?? A.defaults.disableSNI;
        }
        static set disableSNI(t) {
          A.opts.disableSNI = t;
        }
        get disableSNI() {
          return this.opts.disableSNI ?? A.disableSNI;
        }
        set disableSNI(t) {
          this.opts.disableSNI = t;
        }
        static get disableWarningInBrowsers() {
          return A.opts.disableWarningInBrowsers ?? A.defaults.disableWarningInBrowsers;
        }
        static set disableWarningInBrowsers(t) {
          A.opts.disableWarningInBrowsers = t;
        }
        get disableWarningInBrowsers() {
          return this.opts.disableWarningInBrowsers ?? A.disableWarningInBrowsers;
        }
        set disableWarningInBrowsers(t) {
          this.opts.disableWarningInBrowsers = t;
        }
        static get pipelineConnect() {
          return A.opts.pipelineConnect ?? A.defaults.pipelineConnect;
        }
        static set pipelineConnect(t) {
          A.opts.pipelineConnect = t;
        }
        get pipelineConnect() {
          return this.opts.pipelineConnect ?? A.pipelineConnect;
        }
        set pipelineConnect(t) {
          this.opts.pipelineConnect = t;
        }
        static get subtls() {
          return A.opts.subtls ?? A.defaults.subtls;
        }
        static set subtls(t) {
          A.opts.subtls = t;
        }
        get subtls() {
          return this.opts.subtls ?? A.subtls;
        }
        set subtls(t) {
          this.opts.subtls = t;
        }
        static get pipelineTLS() {
          return A.opts.pipelineTLS ?? A.defaults.pipelineTLS;
        }
        static set pipelineTLS(t) {
          A.opts.pipelineTLS = t;
        }
        get pipelineTLS() {
          return this.opts.pipelineTLS ?? A.pipelineTLS;
        }
        set pipelineTLS(t) {
          this.opts.pipelineTLS = t;
        }
        static get rootCerts() {
          return A.opts.rootCerts ?? A.defaults.rootCerts;
        }
        static set rootCerts(t) {
          A.opts.rootCerts = t;
        }
        get rootCerts() {
          return this.opts.rootCerts ?? A.rootCerts;
        }
        set rootCerts(t) {
          this.opts.rootCerts = t;
        }
        wsProxyAddrForHost(t, n) {
          const i = this.wsProxy;
          if (i === void 0)
            throw new Error(
              "No WebSocket proxy is configured. Please see https://github.c\
om/neondatabase/serverless/blob/main/CONFIG.md#wsproxy-string--host-string-port-number--string--stri\
ng",
            );
          return typeof i == "function" ? i(t, n) : `${i}?address=${t}:${n}`;
        }
        setNoDelay() {
          return this;
        }
        setKeepAlive() {
          return this;
        }
        ref() {
          return this;
        }
        unref() {
          return this;
        }
        connect(t, n, i) {
          (this.connecting = !0),
            i &&
              this.once(
                "co\
nnect",
                i,
              );
          let s = a(
              () => {
                (this.connecting = !1), (this.pending = !1), this.emit("connect"), this.emit("ready");
              },
              "\
handleWebSocketOpen",
            ),
            o = a((c, l = !1) => {
              (c.binaryType = "arraybuffer"),
                c.addEventListener("error", (f) => {
                  this.emit("error", f), this.emit("close");
                }),
                c.addEventListener("message", (f) => {
                  if (this.tlsState === 0) {
                    const m = p.from(f.data);
                    this.emit("data", m);
                  }
                }),
                c.addEventListener("close", () => {
                  (this.destroyed = !0),
                    this.emit(
                      "clo\
se",
                    );
                }),
                l ? s() : c.addEventListener("open", s);
            }, "configureWebSocket"),
            u;
          try {
            u = this.wsProxyAddrForHost(n, typeof t == "string" ? parseInt(t, 10) : t);
          } catch (c) {
            this.emit("error", c), this.emit("close");
            return;
          }
          try {
            const l = (this.useSecureWebSocket ? "wss:" : "ws:") + "//" + u;
            if (this.webSocketConstructor !== void 0) (this.ws = new this.webSocketConstructor(l)), o(this.ws);
            else
              try {
                (this.ws = new WebSocket(l)), o(this.ws);
              } catch {
                (this.ws = new __unstable_WebSocket(l)), o(this.ws);
              }
          } catch (c) {
            const f = (this.useSecureWebSocket ? "https:" : "http:") + "//" + u;
            fetch(f, {
              headers: {
                Upgrade:
                  "\
websocket",
              },
            })
              .then((m) => {
                if (((this.ws = m.webSocket), this.ws == null)) throw c;
                this.ws.accept(), o(this.ws, !0);
              })
              .catch((m) => {
                this.emit(
                  "error",
                  new Error(`All attempts to open a WebSocket to connect to the database f\
ailed. Please refer to https://github.com/neondatabase/serverless/blob/main/CONFIG.md#websocketconst\
ructor-typeof-websocket--undefined. Details: ${m}`),
                ),
                  this.emit("close");
              });
          }
        }
        async startTls(t) {
          if (this.subtls === void 0)
            throw new Error(
              "For Postgres SSL connections, you must set `neonConfig.subtls` to t\
he subtls library. See https://github.com/neondatabase/serverless/blob/main/CONFIG.md for more infor\
mation.",
            );
          this.tlsState = 1;
          const n = await this.subtls.TrustedCert.databaseFromPEM(this.rootCerts),
            i = new this.subtls.WebSocketReadQueue(this.ws),
            s = i.read.bind(i),
            o = this.rawWrite.bind(this),
            { read: u, write: c } = await this.subtls.startTls(t, n, s, o, {
              useSNI: !this.disableSNI,
              expectPreData: this.pipelineTLS ? new Uint8Array([83]) : void 0,
            });
          (this.tlsRead = u),
            (this.tlsWrite = c),
            (this.tlsState = 2),
            (this.encrypted = !0),
            (this.authorized = !0),
            this.emit("secureConnection", this),
            this.tlsReadLoop().catch((l) => {
              this.destroyed ||
                ((this.destroyed = !0),
                this.emit(
                  "\
error",
                  l,
                ),
                this.ws?.close());
            });
        }
        async tlsReadLoop() {
          for (;;) {
            const t = await this.tlsRead();
            if (t === void 0) break;
            {
              const n = p.from(t);
              this.emit("data", n);
            }
          }
        }
        rawWrite(t) {
          if (!this.coalesceWrites) {
            this.ws && this.ws.send(t);
            return;
          }
          if (this.writeBuffer === void 0)
            (this.writeBuffer = t),
              setTimeout(() => {
                this.ws && this.ws.send(this.writeBuffer), (this.writeBuffer = void 0);
              }, 0);
          else {
            const n = new Uint8Array(this.writeBuffer.length + t.length);
            n.set(this.writeBuffer), n.set(t, this.writeBuffer.length), (this.writeBuffer = n);
          }
        }
        write(t, n = "utf8", i = (s) => {}) {
          return t.length === 0
            ? (i(), !0)
            : (typeof t == "string" && (t = p.from(t, n)),
              this.tlsState === 0
                ? (this.rawWrite(t), i())
                : this.tlsState === 1
                  ? this.once("secureConnection", () => {
                      this.write(t, n, i);
                    })
                  : (this.tlsWrite(t), i()),
              !0);
        }
        end(
          t = p.alloc(0),
          n = "\
utf8",
          i = () => {},
        ) {
          return (
            this.write(t, n, () => {
              this.ws?.close(), i();
            }),
            this
          );
        }
        destroy() {
          return ((this.destroyed = !0), this.end());
        }
      });
    a(A, "Socket"),
      E(A, "defaults", {
        poolQueryViaFetch: !1,
        fetchEndpoint: a((t, n, i) => {
          let s;
          return (i?.jwtAuth ? (s = t.replace(_i, "apiauth.")) : (s = t.replace(_i, "api.")), "https://" + s + "/sql");
        }, "fetchEndpoint"),
        fetchConnectionCache: !0,
        fetchFunction: void 0,
        webSocketConstructor: void 0,
        wsProxy: a((t) => t + "/v2", "wsProxy"),
        useSecureWebSocket: !0,
        forceDisablePgSSL: !0,
        coalesceWrites: !0,
        pipelineConnect: "password",
        subtls: void 0,
        rootCerts: "",
        pipelineTLS: !1,
        disableSNI: !1,
        disableWarningInBrowsers: !1,
      }),
      E(A, "opts", {});
    pe = A;
  });
var tr = T((Pi) => {
  h();
  Pi.parse = (r, e) => new er(r, e).parse();
  var St = class St {
    constructor(e, t) {
      (this.source = e),
        (this.transform = t || ka),
        (this.position = 0),
        (this.entries = []),
        (this.recorded = []),
        (this.dimension = 0);
    }
    isEof() {
      return this.position >= this.source.length;
    }
    nextCharacter() {
      var e = this.source[this.position++];
      return e === "\\" ? { value: this.source[this.position++], escaped: !0 } : { value: e, escaped: !1 };
    }
    record(e) {
      this.recorded.push(e);
    }
    newEntry(e) {
      var t;
      (this.recorded.length > 0 || e) &&
        ((t = this.recorded.join("")),
        t === "NULL" && !e && (t = null),
        t !== null && (t = this.transform(t)),
        this.entries.push(t),
        (this.recorded = []));
    }
    consumeDimensions() {
      if (this.source[0] === "[")
        for (; !this.isEof(); ) {
          var e = this.nextCharacter();
          if (e.value === "=") break;
        }
    }
    parse(e) {
      var t, n, i;
      for (this.consumeDimensions(); !this.isEof(); )
        if (((t = this.nextCharacter()), t.value === "{" && !i))
          this.dimension++,
            this.dimension > 1 &&
              ((n = new St(this.source.substr(this.position - 1), this.transform)),
              this.entries.push(n.parse(!0)),
              (this.position += n.position - 2));
        else if (t.value === "}" && !i) {
          if ((this.dimension--, !this.dimension && (this.newEntry(), e))) return this.entries;
        } else
          t.value === '"' && !t.escaped
            ? (i && this.newEntry(!0), (i = !i))
            : t.value === "," && !i
              ? this.newEntry()
              : this.record(t.value);
      if (this.dimension !== 0)
        throw new Error(
          "array dimension \
not balanced",
        );
      return this.entries;
    }
  };
  a(St, "ArrayParser");
  var er = St;
  function ka(r) {
    return r;
  }
  a(
    ka,
    "ide\
ntity",
  );
});
var rr = T((Ff, Ri) => {
  h();
  var Oa = tr();
  Ri.exports = { create: a((r, e) => ({ parse: a(() => Oa.parse(r, e), "parse") }), "create") };
});
var Fi = T((Of, Bi) => {
  h();
  var Ua = /(\d{1,})-(\d{2})-(\d{2}) (\d{2}):(\d{2}):(\d{2})(\.\d{1,})?.*?( BC)?$/,
    Qa = /^(\d{1,})-(\d{2})-(\d{2})( BC)?$/,
    Da = /([Z+-])(\d{2})?:?(\d{2})?:?(\d{2})?/,
    qa = /^-?infinity$/;
  Bi.exports = a((e) => {
    if (qa.test(e)) return Number(e.replace("i", "I"));
    var t = Ua.exec(e);
    if (!t) return Na(e) || null;
    var n = !!t[8],
      i = parseInt(t[1], 10);
    n && (i = Li(i));
    var s = parseInt(t[2], 10) - 1,
      o = t[3],
      u = parseInt(t[4], 10),
      c = parseInt(t[5], 10),
      l = parseInt(t[6], 10),
      f = t[7];
    f = f ? 1e3 * parseFloat(f) : 0;
    var m,
      g = Wa(e);
    return (
      g != null
        ? ((m = new Date(Date.UTC(i, s, o, u, c, l, f))),
          nr(i) && m.setUTCFullYear(i),
          g !== 0 && m.setTime(m.getTime() - g))
        : ((m = new Date(i, s, o, u, c, l, f)), nr(i) && m.setFullYear(i)),
      m
    );
  }, "parseDate");
  function Na(r) {
    var e = Qa.exec(r);
    if (e) {
      var t = parseInt(e[1], 10),
        n = !!e[4];
      n && (t = Li(t));
      var i = parseInt(e[2], 10) - 1,
        s = e[3],
        o = new Date(t, i, s);
      return (nr(t) && o.setFullYear(t), o);
    }
  }
  a(Na, "getDate");
  function Wa(r) {
    if (r.endsWith("+00")) return 0;
    var e = Da.exec(r.split(" ")[1]);
    if (e) {
      var t = e[1];
      if (t === "Z") return 0;
      var n = t === "-" ? -1 : 1,
        i = parseInt(e[2], 10) * 3600 + parseInt(e[3] || 0, 10) * 60 + parseInt(e[4] || 0, 10);
      return i * n * 1e3;
    }
  }
  a(Wa, "timeZoneOffset");
  function Li(r) {
    return -(r - 1);
  }
  a(Li, "bcYearToNegativeYear");
  function nr(r) {
    return r >= 0 && r < 100;
  }
  a(nr, "is0To99");
});
var ki = T((Df, Mi) => {
  h();
  Mi.exports = Ha;
  var ja = Object.prototype.hasOwnProperty;
  function Ha(r) {
    for (var e = 1; e < arguments.length; e++) {
      var t = arguments[e];
      for (var n in t) ja.call(t, n) && (r[n] = t[n]);
    }
    return r;
  }
  a(
    Ha,
    "ext\
end",
  );
});
var Qi = T((Wf, Ui) => {
  h();
  var $a = ki();
  Ui.exports = Me;
  function Me(r) {
    if (!(this instanceof Me)) return new Me(r);
    $a(this, nu(r));
  }
  a(Me, "PostgresInterval");
  var Ga = ["seconds", "minutes", "hours", "days", "months", "years"];
  Me.prototype.toPostgres = function () {
    var r = Ga.filter(this.hasOwnProperty, this);
    return (
      this.milliseconds && r.indexOf("seconds") < 0 && r.push("seconds"),
      r.length === 0
        ? "0"
        : r
            .map(function (e) {
              var t = this[e] || 0;
              return (
                e === "seconds" &&
                  this.milliseconds &&
                  (t = (t + this.milliseconds / 1e3).toFixed(6).replace(/\.?0+$/, "")),
                t + " " + e
              );
            }, this)
            .join(" ")
    );
  };
  var Va = {
      years: "Y",
      months: "M",
      days: "D",
      hours: "H",
      minutes: "M",
      seconds:
        "\
S",
    },
    za = ["years", "months", "days"],
    Ka = ["hours", "minutes", "seconds"];
  Me.prototype.toISOString = Me.prototype.toISO = function () {
    var r = za.map(t, this).join(""),
      e = Ka.map(t, this).join("");
    return "P" + r + "T" + e;
    function t(n) {
      var i = this[n] || 0;
      return (
        n === "seconds" && this.milliseconds && (i = (i + this.milliseconds / 1e3).toFixed(6).replace(/0+$/, "")),
        i + Va[n]
      );
    }
  };
  var ir = "([+-]?\\d+)",
    Ya = ir + "\\s+years?",
    Za = ir + "\\s+mons?",
    Ja = ir + "\\s+days?",
    Xa =
      "\
([+-])?([\\d]*):(\\d\\d):(\\d\\d)\\.?(\\d{1,6})?",
    eu = new RegExp(
      [Ya, Za, Ja, Xa]
        .map(
          (r) =>
            "\
(" +
            r +
            ")?",
        )
        .join("\\s*"),
    ),
    Oi = { years: 2, months: 4, days: 6, hours: 9, minutes: 10, seconds: 11, milliseconds: 12 },
    tu = ["hours", "minutes", "seconds", "milliseconds"];
  function ru(r) {
    var e = r + "000000".slice(r.length);
    return parseInt(e, 10) / 1e3;
  }
  a(ru, "parseMilliseconds");
  function nu(r) {
    if (!r) return {};
    var e = eu.exec(r),
      t = e[8] === "-";
    return Object.keys(Oi).reduce((n, i) => {
      var s = Oi[i],
        o = e[s];
      return (
        !o ||
          ((o = i === "milliseconds" ? ru(o) : parseInt(o, 10)), !o) ||
          (t && ~tu.indexOf(i) && (o *= -1), (n[i] = o)),
        n
      );
    }, {});
  }
  a(nu, "parse");
});
var Ni = T(($f, qi) => {
  h();
  var Di = p.from || p;
  qi.exports = a((e) => {
    if (/^\\x/.test(e)) return Di(e.substr(2), "hex");
    for (var t = "", n = 0; n < e.length; )
      if (e[n] !== "\\") (t += e[n]), ++n;
      else if (/[0-7]{3}/.test(e.substr(n + 1, 3)))
        (t += String.fromCharCode(parseInt(e.substr(n + 1, 3), 8))), (n += 4);
      else {
        for (var i = 1; n + i < e.length && e[n + i] === "\\"; ) i++;
        for (var s = 0; s < Math.floor(i / 2); ++s) t += "\\";
        n += Math.floor(i / 2) * 2;
      }
    return Di(
      t,
      "binar\
y",
    );
  }, "parseBytea");
});
var zi = T((zf, Vi) => {
  h();
  var Ve = tr(),
    ze = rr(),
    Et = Fi(),
    ji = Qi(),
    Hi = Ni();
  function At(r) {
    return a((t) => (t === null ? t : r(t)), "nullAllowed");
  }
  a(At, "allowNull");
  function $i(r) {
    return r === null
      ? r
      : r === "TRUE" || r === "t" || r === "true" || r === "y" || r === "yes" || r === "on" || r === "1";
  }
  a($i, "parseBool");
  function iu(r) {
    return r ? Ve.parse(r, $i) : null;
  }
  a(iu, "parseBoolArray");
  function su(r) {
    return parseInt(r, 10);
  }
  a(
    su,
    "parseBaseTenIn\
t",
  );
  function sr(r) {
    return r ? Ve.parse(r, At(su)) : null;
  }
  a(sr, "parseIntegerArray");
  function ou(r) {
    return r
      ? Ve.parse(
          r,
          At((e) => Gi(e).trim()),
        )
      : null;
  }
  a(ou, "parseBigIntegerArray");
  var au = a(
      (r) => {
        if (!r) return null;
        var e = ze.create(r, (t) => (t !== null && (t = cr(t)), t));
        return e.parse();
      },
      "pa\
rsePointArray",
    ),
    or = a((r) => {
      if (!r) return null;
      var e = ze.create(r, (t) => (t !== null && (t = parseFloat(t)), t));
      return e.parse();
    }, "parseFloatArray"),
    ee = a((r) => {
      if (!r) return null;
      var e = ze.create(r);
      return e.parse();
    }, "parseStringArray"),
    ar = a((r) => {
      if (!r) return null;
      var e = ze.create(r, (t) => (t !== null && (t = Et(t)), t));
      return e.parse();
    }, "parseDateArray"),
    uu = a(
      (r) => {
        if (!r) return null;
        var e = ze.create(r, (t) => (t !== null && (t = ji(t)), t));
        return e.parse();
      },
      "parseInt\
ervalArray",
    ),
    cu = a((r) => (r ? Ve.parse(r, At(Hi)) : null), "parseByteAArray"),
    ur = a((r) => parseInt(r, 10), "parseInteger"),
    Gi = a(
      (r) => {
        var e = String(r);
        return /^\d+$/.test(e) ? e : r;
      },
      "\
parseBigInteger",
    ),
    Wi = a((r) => (r ? Ve.parse(r, At(JSON.parse)) : null), "parseJsonArray"),
    cr = a(
      (r) =>
        r[0] !== "("
          ? null
          : ((r = r.substring(1, r.length - 1).split(",")), { x: parseFloat(r[0]), y: parseFloat(r[1]) }),
      "parsePoint",
    ),
    lu = a((r) => {
      if (r[0] !== "<" && r[1] !== "(") return null;
      for (var e = "(", t = "", n = !1, i = 2; i < r.length - 1; i++) {
        if ((n || (e += r[i]), r[i] === ")")) {
          n = !0;
          continue;
        } else if (!n) continue;
        r[i] !== "," && (t += r[i]);
      }
      var s = cr(e);
      return ((s.radius = parseFloat(t)), s);
    }, "parseCircle"),
    fu = a((r) => {
      r(20, Gi),
        r(21, ur),
        r(23, ur),
        r(26, ur),
        r(700, parseFloat),
        r(701, parseFloat),
        r(16, $i),
        r(1082, Et),
        r(1114, Et),
        r(1184, Et),
        r(600, cr),
        r(651, ee),
        r(718, lu),
        r(1e3, iu),
        r(1001, cu),
        r(1005, sr),
        r(1007, sr),
        r(1028, sr),
        r(1016, ou),
        r(1017, au),
        r(1021, or),
        r(1022, or),
        r(1231, or),
        r(1014, ee),
        r(1015, ee),
        r(1008, ee),
        r(1009, ee),
        r(1040, ee),
        r(1041, ee),
        r(1115, ar),
        r(1182, ar),
        r(1185, ar),
        r(1186, ji),
        r(1187, uu),
        r(17, Hi),
        r(114, JSON.parse.bind(JSON)),
        r(3802, JSON.parse.bind(JSON)),
        r(199, Wi),
        r(3807, Wi),
        r(3907, ee),
        r(2951, ee),
        r(791, ee),
        r(1183, ee),
        r(1270, ee);
    }, "init");
  Vi.exports = { init: fu };
});
var Yi = T((Zf, Ki) => {
  h();
  var K = 1e6;
  function hu(r) {
    var e = r.readInt32BE(0),
      t = r.readUInt32BE(4),
      n = "";
    e < 0 && ((e = ~e + (t === 0)), (t = (~t + 1) >>> 0), (n = "-"));
    var i = "",
      s,
      o,
      u,
      c,
      l,
      f;
    if (
      ((s = e % K),
      (e = (e / K) >>> 0),
      (o = 4294967296 * s + t),
      (t = (o / K) >>> 0),
      (u = "" + (o - K * t)),
      t === 0 && e === 0)
    )
      return n + u + i;
    for (c = "", l = 6 - u.length, f = 0; f < l; f++) c += "0";
    i = c + u + i;
    if (
      ((s = e % K),
      (e = (e / K) >>> 0),
      (o = 4294967296 * s + t),
      (t = (o / K) >>> 0),
      (u = "" + (o - K * t)),
      t === 0 && e === 0)
    )
      return n + u + i;
    for (c = "", l = 6 - u.length, f = 0; f < l; f++) c += "0";
    i = c + u + i;
    if (
      ((s = e % K),
      (e = (e / K) >>> 0),
      (o = 4294967296 * s + t),
      (t = (o / K) >>> 0),
      (u = "" + (o - K * t)),
      t === 0 && e === 0)
    )
      return n + u + i;
    for (c = "", l = 6 - u.length, f = 0; f < l; f++) c += "0";
    i = c + u + i;
    return ((s = e % K), (o = 4294967296 * s + t), (u = "" + (o % K)), n + u + i);
  }
  a(hu, "readInt8");
  Ki.exports = hu;
});
var ts = T((eh, es) => {
  h();
  var du = Yi(),
    B = a((r, e, t, n, i) => {
      (t = t || 0), (n = n || !1), (i = i || ((w, S, k) => w * 2 ** k + S));
      var s = t >> 3,
        o = a((w) => (n ? ~w & 255 : w), "inv"),
        u = 255,
        c = 8 - (t % 8);
      e < c && ((u = (255 << (8 - e)) & 255), (c = e)), t && (u = u >> (t % 8));
      var l = 0;
      (t % 8) + e >= 8 && (l = i(0, o(r[s]) & u, c));
      for (var f = (e + t) >> 3, m = s + 1; m < f; m++) l = i(l, o(r[m]), 8);
      var g = (e + t) % 8;
      return (g > 0 && (l = i(l, o(r[f]) >> (8 - g), g)), l);
    }, "parseBits"),
    Xi = a((r, e, t) => {
      var n = 2 ** (t - 1) - 1,
        i = B(r, 1),
        s = B(r, t, 1);
      if (s === 0) return 0;
      var o = 1,
        u = a((l, f, m) => {
          l === 0 && (l = 1);
          for (var g = 1; g <= m; g++) (o /= 2), (f & (1 << (m - g))) > 0 && (l += o);
          return l;
        }, "parsePrecisionBits"),
        c = B(r, e, t + 1, !1, u);
      return s == 2 ** (t + 1) - 1
        ? c === 0
          ? i === 0
            ? 1 / 0
            : -1 / 0
          : NaN
        : (i === 0 ? 1 : -1) * 2 ** (s - n) * c;
    }, "parseFloatFromBits"),
    pu = a((r) => (B(r, 1) == 1 ? -1 * (B(r, 15, 1, !0) + 1) : B(r, 15, 1)), "parseInt16"),
    Zi = a((r) => (B(r, 1) == 1 ? -1 * (B(r, 31, 1, !0) + 1) : B(r, 31, 1)), "parseInt32"),
    yu = a((r) => Xi(r, 23, 8), "parseFloat32"),
    mu = a((r) => Xi(r, 52, 11), "parseFloat64"),
    gu = a((r) => {
      var e = B(r, 16, 32);
      if (e == 49152) return NaN;
      for (var t = 1e4 ** B(r, 16, 16), n = 0, i = [], s = B(r, 16), o = 0; o < s; o++)
        (n += B(r, 16, 64 + 16 * o) * t), (t /= 1e4);
      var u = 10 ** B(r, 16, 48);
      return ((e === 0 ? 1 : -1) * Math.round(n * u)) / u;
    }, "parseNumeric"),
    Ji = a((r, e) => {
      var t = B(e, 1),
        n = B(e, 63, 1),
        i = new Date(((t === 0 ? 1 : -1) * n) / 1e3 + 9466848e5);
      return (
        r || i.setTime(i.getTime() + i.getTimezoneOffset() * 6e4),
        (i.usec = n % 1e3),
        (i.getMicroSeconds = function () {
          return this.usec;
        }),
        (i.setMicroSeconds = function (s) {
          this.usec = s;
        }),
        (i.getUTCMicroSeconds = function () {
          return this.usec;
        }),
        i
      );
    }, "parseDate"),
    Ke = a((r) => {
      for (var e = B(r, 32), t = B(r, 32, 32), n = B(r, 32, 64), i = 96, s = [], o = 0; o < e; o++)
        (s[o] = B(r, 32, i)), (i += 32), (i += 32);
      var u = a(function (l) {
          var f = B(r, 32, i);
          if (((i += 32), f == 4294967295)) return null;
          var m;
          if (l == 23 || l == 20) return ((m = B(r, f * 8, i)), (i += f * 8), m);
          if (l == 25) return ((m = r.toString(this.encoding, i >> 3, (i += f << 3) >> 3)), m);
          console.log(
            "ERROR: ElementType no\
t implemented: " + l,
          );
        }, "parseElement"),
        c = a((l, f) => {
          var m = [],
            g;
          if (l.length > 1) {
            var w = l.shift();
            for (g = 0; g < w; g++) m[g] = c(l, f);
            l.unshift(w);
          } else for (g = 0; g < l[0]; g++) m[g] = u(f);
          return m;
        }, "parse");
      return c(s, n);
    }, "parseArray"),
    wu = a((r) => r.toString("utf8"), "parseText"),
    bu = a((r) => (r === null ? null : B(r, 8) > 0), "parseBool"),
    xu = a((r) => {
      r(20, du),
        r(21, pu),
        r(23, Zi),
        r(26, Zi),
        r(1700, gu),
        r(700, yu),
        r(701, mu),
        r(16, bu),
        r(1114, Ji.bind(null, !1)),
        r(1184, Ji.bind(null, !0)),
        r(1e3, Ke),
        r(1007, Ke),
        r(1016, Ke),
        r(1008, Ke),
        r(1009, Ke),
        r(25, wu);
    }, "init");
  es.exports = { init: xu };
});
var ns = T((nh, rs) => {
  h();
  rs.exports = {
    BOOL: 16,
    BYTEA: 17,
    CHAR: 18,
    INT8: 20,
    INT2: 21,
    INT4: 23,
    REGPROC: 24,
    TEXT: 25,
    OID: 26,
    TID: 27,
    XID: 28,
    CID: 29,
    JSON: 114,
    XML: 142,
    PG_NODE_TREE: 194,
    SMGR: 210,
    PATH: 602,
    POLYGON: 604,
    CIDR: 650,
    FLOAT4: 700,
    FLOAT8: 701,
    ABSTIME: 702,
    RELTIME: 703,
    TINTERVAL: 704,
    CIRCLE: 718,
    MACADDR8: 774,
    MONEY: 790,
    MACADDR: 829,
    INET: 869,
    ACLITEM: 1033,
    BPCHAR: 1042,
    VARCHAR: 1043,
    DATE: 1082,
    TIME: 1083,
    TIMESTAMP: 1114,
    TIMESTAMPTZ: 1184,
    INTERVAL: 1186,
    TIMETZ: 1266,
    BIT: 1560,
    VARBIT: 1562,
    NUMERIC: 1700,
    REFCURSOR: 1790,
    REGPROCEDURE: 2202,
    REGOPER: 2203,
    REGOPERATOR: 2204,
    REGCLASS: 2205,
    REGTYPE: 2206,
    UUID: 2950,
    TXID_SNAPSHOT: 2970,
    PG_LSN: 3220,
    PG_NDISTINCT: 3361,
    PG_DEPENDENCIES: 3402,
    TSVECTOR: 3614,
    TSQUERY: 3615,
    GTSVECTOR: 3642,
    REGCONFIG: 3734,
    REGDICTIONARY: 3769,
    JSONB: 3802,
    REGNAMESPACE: 4089,
    REGROLE: 4096,
  };
});
var Je = T((Ze) => {
  h();
  var vu = zi(),
    Su = ts(),
    Eu = rr(),
    Au = ns();
  Ze.getTypeParser = Cu;
  Ze.setTypeParser = _u;
  Ze.arrayParser = Eu;
  Ze.builtins = Au;
  var Ye = { text: {}, binary: {} };
  function is(r) {
    return String(r);
  }
  a(is, "noParse");
  function Cu(r, e) {
    return ((e = e || "text"), (Ye[e] && Ye[e][r]) || is);
  }
  a(Cu, "getTypeParser");
  function _u(r, e, t) {
    typeof e == "function" && ((t = e), (e = "text")), (Ye[e][r] = t);
  }
  a(_u, "setTypeParser");
  vu.init((r, e) => {
    Ye.text[r] = e;
  });
  Su.init((r, e) => {
    Ye.binary[r] = e;
  });
});
var _t = T((uh, ss) => {
  h();
  var Tu = Je();
  function Ct(r) {
    (this._types = r || Tu), (this.text = {}), (this.binary = {});
  }
  a(Ct, "TypeOverrides");
  Ct.prototype.getOverrides = function (r) {
    switch (r) {
      case "text":
        return this.text;
      case "\
binary":
        return this.binary;
      default:
        return {};
    }
  };
  Ct.prototype.setTypeParser = function (r, e, t) {
    typeof e ==
      "\
function" && ((t = e), (e = "text")),
      (this.getOverrides(e)[r] = t);
  };
  Ct.prototype.getTypeParser = function (r, e) {
    return ((e = e || "text"), this.getOverrides(e)[r] || this._types.getTypeParser(r, e));
  };
  ss.exports = Ct;
});
function Xe(r) {
  let e = 1779033703,
    t = 3144134277,
    n = 1013904242,
    i = 2773480762,
    s = 1359893119,
    o = 2600822924,
    u = 528734635,
    c = 1541459225,
    l = 0,
    f = 0,
    S = new Uint8Array(64),
    D = a((I) => {
      typeof I ==
        "stri\
ng" && (I = new TextEncoder().encode(I));
      for (let C = 0; C < I.length; C++) S[f++] = I[C];
      l += I.length;
    }, "add"),
    he = a(
      () => {
        if (((S[f++] = 128), f + 8 > 64)) {
          for (; f < 64; ) S[f++] = 0;
        }
        for (; f < 58; ) S[f++] = 0;
        const I = l * 8;
        (S[f++] = (I / 1099511627776) & 255),
          (S[f++] = (I / 4294967296) & 255),
          (S[f++] = I >>> 24),
          (S[f++] = (I >>> 16) & 255),
          (S[f++] = (I >>> 8) & 255),
          (S[f++] = I & 255);
        const C = new Uint8Array(32);
        return (
          (C[0] = e >>> 24),
          (C[1] = (e >>> 16) & 255),
          (C[2] = (e >>> 8) & 255),
          (C[3] = e & 255),
          (C[4] = t >>> 24),
          (C[5] = (t >>> 16) & 255),
          (C[6] = (t >>> 8) & 255),
          (C[7] = t & 255),
          (C[8] = n >>> 24),
          (C[9] = (n >>> 16) & 255),
          (C[10] = (n >>> 8) & 255),
          (C[11] = n & 255),
          (C[12] = i >>> 24),
          (C[13] = (i >>> 16) & 255),
          (C[14] = (i >>> 8) & 255),
          (C[15] = i & 255),
          (C[16] = s >>> 24),
          (C[17] = (s >>> 16) & 255),
          (C[18] = (s >>> 8) & 255),
          (C[19] = s & 255),
          (C[20] = o >>> 24),
          (C[21] = (o >>> 16) & 255),
          (C[22] = (o >>> 8) & 255),
          (C[23] = o & 255),
          (C[24] = u >>> 24),
          (C[25] = (u >>> 16) & 255),
          (C[26] = (u >>> 8) & 255),
          (C[27] = u & 255),
          (C[28] = c >>> 24),
          (C[29] = (c >>> 16) & 255),
          (C[30] = (c >>> 8) & 255),
          (C[31] = c & 255),
          C
        );
      },
      "dig\
est",
    );
  return r === void 0 ? { add: D, digest: he } : he();
}
var os = V(() => {
  h();
  a(Xe, "sha256");
});
var M,
  et,
  as = V(() => {
    h();
    M = class M {
      constructor() {
        E(this, "_dataLength", 0);
        E(
          this,
          "_bufferL\
ength",
          0,
        );
        E(this, "_state", new Int32Array(4));
        E(this, "_buffer", new ArrayBuffer(68));
        E(this, "_buffer8");
        E(this, "_buffer32");
        (this._buffer8 = new Uint8Array(this._buffer, 0, 68)),
          (this._buffer32 = new Uint32Array(this._buffer, 0, 17)),
          this.start();
      }
      static hashByteArray(e, t = !1) {
        return this.onePassHasher.start().appendByteArray(e).end(t);
      }
      static hashStr(e, t = !1) {
        return this.onePassHasher.start().appendStr(e).end(t);
      }
      static hashAsciiStr(e, t = !1) {
        return this.onePassHasher.start().appendAsciiStr(e).end(t);
      }
      static _hex(e) {
        let t = M.hexChars,
          n = M.hexOut,
          i,
          s,
          o,
          u;
        for (u = 0; u < 4; u += 1)
          for (s = u * 8, i = e[u], o = 0; o < 8; o += 2)
            (n[s + 1 + o] = t.charAt(i & 15)), (i >>>= 4), (n[s + 0 + o] = t.charAt(i & 15)), (i >>>= 4);
        return n.join("");
      }
      static _md5cycle(e, t) {
        let n = e[0],
          i = e[1],
          s = e[2],
          o = e[3];
        (n += (((i & s) | (~i & o)) + t[0] - 680876936) | 0),
          (n = (((n << 7) | (n >>> 25)) + i) | 0),
          (o += (((n & i) | (~n & s)) + t[1] - 389564586) | 0),
          (o = (((o << 12) | (o >>> 20)) + n) | 0),
          (s += (((o & n) | (~o & i)) + t[2] + 606105819) | 0),
          (s = (((s << 17) | (s >>> 15)) + o) | 0),
          (i += (((s & o) | (~s & n)) + t[3] - 1044525330) | 0),
          (i = (((i << 22) | (i >>> 10)) + s) | 0),
          (n += (((i & s) | (~i & o)) + t[4] - 176418897) | 0),
          (n = (((n << 7) | (n >>> 25)) + i) | 0),
          (o += (((n & i) | (~n & s)) + t[5] + 1200080426) | 0),
          (o = (((o << 12) | (o >>> 20)) + n) | 0),
          (s += (((o & n) | (~o & i)) + t[6] - 1473231341) | 0),
          (s = (((s << 17) | (s >>> 15)) + o) | 0),
          (i += (((s & o) | (~s & n)) + t[7] - 45705983) | 0),
          (i = (((i << 22) | (i >>> 10)) + s) | 0),
          (n += (((i & s) | (~i & o)) + t[8] + 1770035416) | 0),
          (n = (((n << 7) | (n >>> 25)) + i) | 0),
          (o += (((n & i) | (~n & s)) + t[9] - 1958414417) | 0),
          (o = (((o << 12) | (o >>> 20)) + n) | 0),
          (s += (((o & n) | (~o & i)) + t[10] - 42063) | 0),
          (s = (((s << 17) | (s >>> 15)) + o) | 0),
          (i += (((s & o) | (~s & n)) + t[11] - 1990404162) | 0),
          (i = (((i << 22) | (i >>> 10)) + s) | 0),
          (n += (((i & s) | (~i & o)) + t[12] + 1804603682) | 0),
          (n = (((n << 7) | (n >>> 25)) + i) | 0),
          (o += (((n & i) | (~n & s)) + t[13] - 40341101) | 0),
          (o = (((o << 12) | (o >>> 20)) + n) | 0),
          (s += (((o & n) | (~o & i)) + t[14] - 1502002290) | 0),
          (s = (((s << 17) | (s >>> 15)) + o) | 0),
          (i += (((s & o) | (~s & n)) + t[15] + 1236535329) | 0),
          (i = (((i << 22) | (i >>> 10)) + s) | 0),
          (n += (((i & o) | (s & ~o)) + t[1] - 165796510) | 0),
          (n = (((n << 5) | (n >>> 27)) + i) | 0),
          (o += (((n & s) | (i & ~s)) + t[6] - 1069501632) | 0),
          (o = (((o << 9) | (o >>> 23)) + n) | 0),
          (s += (((o & i) | (n & ~i)) + t[11] + 643717713) | 0),
          (s = (((s << 14) | (s >>> 18)) + o) | 0),
          (i += (((s & n) | (o & ~n)) + t[0] - 373897302) | 0),
          (i = (((i << 20) | (i >>> 12)) + s) | 0),
          (n += (((i & o) | (s & ~o)) + t[5] - 701558691) | 0),
          (n = (((n << 5) | (n >>> 27)) + i) | 0),
          (o += (((n & s) | (i & ~s)) + t[10] + 38016083) | 0),
          (o = (((o << 9) | (o >>> 23)) + n) | 0),
          (s += (((o & i) | (n & ~i)) + t[15] - 660478335) | 0),
          (s = (((s << 14) | (s >>> 18)) + o) | 0),
          (i += (((s & n) | (o & ~n)) + t[4] - 405537848) | 0),
          (i = (((i << 20) | (i >>> 12)) + s) | 0),
          (n += (((i & o) | (s & ~o)) + t[9] + 568446438) | 0),
          (n = (((n << 5) | (n >>> 27)) + i) | 0),
          (o += (((n & s) | (i & ~s)) + t[14] - 1019803690) | 0),
          (o = (((o << 9) | (o >>> 23)) + n) | 0),
          (s += (((o & i) | (n & ~i)) + t[3] - 187363961) | 0),
          (s = (((s << 14) | (s >>> 18)) + o) | 0),
          (i += (((s & n) | (o & ~n)) + t[8] + 1163531501) | 0),
          (i = (((i << 20) | (i >>> 12)) + s) | 0),
          (n += (((i & o) | (s & ~o)) + t[13] - 1444681467) | 0),
          (n = (((n << 5) | (n >>> 27)) + i) | 0),
          (o += (((n & s) | (i & ~s)) + t[2] - 51403784) | 0),
          (o = (((o << 9) | (o >>> 23)) + n) | 0),
          (s += (((o & i) | (n & ~i)) + t[7] + 1735328473) | 0),
          (s = (((s << 14) | (s >>> 18)) + o) | 0),
          (i += (((s & n) | (o & ~n)) + t[12] - 1926607734) | 0),
          (i = (((i << 20) | (i >>> 12)) + s) | 0),
          (n += ((i ^ s ^ o) + t[5] - 378558) | 0),
          (n = (((n << 4) | (n >>> 28)) + i) | 0),
          (o += ((n ^ i ^ s) + t[8] - 2022574463) | 0),
          (o = (((o << 11) | (o >>> 21)) + n) | 0),
          (s += ((o ^ n ^ i) + t[11] + 1839030562) | 0),
          (s = (((s << 16) | (s >>> 16)) + o) | 0),
          (i += ((s ^ o ^ n) + t[14] - 35309556) | 0),
          (i = (((i << 23) | (i >>> 9)) + s) | 0),
          (n += ((i ^ s ^ o) + t[1] - 1530992060) | 0),
          (n = (((n << 4) | (n >>> 28)) + i) | 0),
          (o += ((n ^ i ^ s) + t[4] + 1272893353) | 0),
          (o = (((o << 11) | (o >>> 21)) + n) | 0),
          (s += ((o ^ n ^ i) + t[7] - 155497632) | 0),
          (s = (((s << 16) | (s >>> 16)) + o) | 0),
          (i += ((s ^ o ^ n) + t[10] - 1094730640) | 0),
          (i = (((i << 23) | (i >>> 9)) + s) | 0),
          (n += ((i ^ s ^ o) + t[13] + 681279174) | 0),
          (n = (((n << 4) | (n >>> 28)) + i) | 0),
          (o += ((n ^ i ^ s) + t[0] - 358537222) | 0),
          (o = (((o << 11) | (o >>> 21)) + n) | 0),
          (s += ((o ^ n ^ i) + t[3] - 722521979) | 0),
          (s = (((s << 16) | (s >>> 16)) + o) | 0),
          (i += ((s ^ o ^ n) + t[6] + 76029189) | 0),
          (i = (((i << 23) | (i >>> 9)) + s) | 0),
          (n += ((i ^ s ^ o) + t[9] - 640364487) | 0),
          (n = (((n << 4) | (n >>> 28)) + i) | 0),
          (o += ((n ^ i ^ s) + t[12] - 421815835) | 0),
          (o = (((o << 11) | (o >>> 21)) + n) | 0),
          (s += ((o ^ n ^ i) + t[15] + 530742520) | 0),
          (s = (((s << 16) | (s >>> 16)) + o) | 0),
          (i += ((s ^ o ^ n) + t[2] - 995338651) | 0),
          (i = (((i << 23) | (i >>> 9)) + s) | 0),
          (n += ((s ^ (i | ~o)) + t[0] - 198630844) | 0),
          (n = (((n << 6) | (n >>> 26)) + i) | 0),
          (o += ((i ^ (n | ~s)) + t[7] + 1126891415) | 0),
          (o = (((o << 10) | (o >>> 22)) + n) | 0),
          (s += ((n ^ (o | ~i)) + t[14] - 1416354905) | 0),
          (s = (((s << 15) | (s >>> 17)) + o) | 0),
          (i += ((o ^ (s | ~n)) + t[5] - 57434055) | 0),
          (i = (((i << 21) | (i >>> 11)) + s) | 0),
          (n += ((s ^ (i | ~o)) + t[12] + 1700485571) | 0),
          (n = (((n << 6) | (n >>> 26)) + i) | 0),
          (o += ((i ^ (n | ~s)) + t[3] - 1894986606) | 0),
          (o = (((o << 10) | (o >>> 22)) + n) | 0),
          (s += ((n ^ (o | ~i)) + t[10] - 1051523) | 0),
          (s = (((s << 15) | (s >>> 17)) + o) | 0),
          (i += ((o ^ (s | ~n)) + t[1] - 2054922799) | 0),
          (i = (((i << 21) | (i >>> 11)) + s) | 0),
          (n += ((s ^ (i | ~o)) + t[8] + 1873313359) | 0),
          (n = (((n << 6) | (n >>> 26)) + i) | 0),
          (o += ((i ^ (n | ~s)) + t[15] - 30611744) | 0),
          (o = (((o << 10) | (o >>> 22)) + n) | 0),
          (s += ((n ^ (o | ~i)) + t[6] - 1560198380) | 0),
          (s = (((s << 15) | (s >>> 17)) + o) | 0),
          (i += ((o ^ (s | ~n)) + t[13] + 1309151649) | 0),
          (i = (((i << 21) | (i >>> 11)) + s) | 0),
          (n += ((s ^ (i | ~o)) + t[4] - 145523070) | 0),
          (n = (((n << 6) | (n >>> 26)) + i) | 0),
          (o += ((i ^ (n | ~s)) + t[11] - 1120210379) | 0),
          (o = (((o << 10) | (o >>> 22)) + n) | 0),
          (s += ((n ^ (o | ~i)) + t[2] + 718787259) | 0),
          (s = (((s << 15) | (s >>> 17)) + o) | 0),
          (i += ((o ^ (s | ~n)) + t[9] - 343485551) | 0),
          (i = (((i << 21) | (i >>> 11)) + s) | 0),
          (e[0] = (n + e[0]) | 0),
          (e[1] = (i + e[1]) | 0),
          (e[2] = (s + e[2]) | 0),
          (e[3] = (o + e[3]) | 0);
      }
      start() {
        return ((this._dataLength = 0), (this._bufferLength = 0), this._state.set(M.stateIdentity), this);
      }
      appendStr(e) {
        let t = this._buffer8,
          n = this._buffer32,
          i = this._bufferLength,
          s,
          o;
        for (o = 0; o < e.length; o += 1) {
          if (((s = e.charCodeAt(o)), s < 128)) t[i++] = s;
          else if (s < 2048) (t[i++] = (s >>> 6) + 192), (t[i++] = (s & 63) | 128);
          else if (s < 55296 || s > 56319)
            (t[i++] = (s >>> 12) + 224), (t[i++] = ((s >>> 6) & 63) | 128), (t[i++] = (s & 63) | 128);
          else {
            if (((s = (s - 55296) * 1024 + (e.charCodeAt(++o) - 56320) + 65536), s > 1114111))
              throw new Error("Unicode standard supports code points up to U+10FFFF");
            (t[i++] = (s >>> 18) + 240),
              (t[i++] = ((s >>> 12) & 63) | 128),
              (t[i++] = ((s >>> 6) & 63) | 128),
              (t[i++] = (s & 63) | 128);
          }
          i >= 64 && ((this._dataLength += 64), M._md5cycle(this._state, n), (i -= 64), (n[0] = n[16]));
        }
        return ((this._bufferLength = i), this);
      }
      appendAsciiStr(e) {
        let t = this._buffer8,
          n = this._buffer32,
          i = this._bufferLength,
          s,
          o = 0;
        for (;;) {
          for (s = Math.min(e.length - o, 64 - i); s--; ) t[i++] = e.charCodeAt(o++);
          if (i < 64) break;
          (this._dataLength += 64), M._md5cycle(this._state, n), (i = 0);
        }
        return ((this._bufferLength = i), this);
      }
      appendByteArray(e) {
        let t = this._buffer8,
          n = this._buffer32,
          i = this._bufferLength,
          s,
          o = 0;
        for (;;) {
          for (s = Math.min(e.length - o, 64 - i); s--; ) t[i++] = e[o++];
          if (i < 64) break;
          (this._dataLength += 64), M._md5cycle(this._state, n), (i = 0);
        }
        return ((this._bufferLength = i), this);
      }
      getState() {
        const e = this._state;
        return {
          buffer: String.fromCharCode.apply(null, Array.from(this._buffer8)),
          buflen: this._bufferLength,
          length: this._dataLength,
          state: [e[0], e[1], e[2], e[3]],
        };
      }
      setState(e) {
        let t = e.buffer,
          n = e.state,
          i = this._state,
          s;
        for (
          this._dataLength = e.length,
            this._bufferLength = e.buflen,
            i[0] = n[0],
            i[1] = n[1],
            i[2] = n[2],
            i[3] = n[3],
            s = 0;
          s < t.length;
          s += 1
        )
          this._buffer8[s] = t.charCodeAt(s);
      }
      end(e = !1) {
        const t = this._bufferLength,
          n = this._buffer8,
          i = this._buffer32,
          s = (t >> 2) + 1;
        this._dataLength += t;
        const o = this._dataLength * 8;
        if (
          ((n[t] = 128),
          (n[t + 1] = n[t + 2] = n[t + 3] = 0),
          i.set(M.buffer32Identity.subarray(s), s),
          t > 55 && (M._md5cycle(this._state, i), i.set(M.buffer32Identity)),
          o <= 4294967295)
        )
          i[14] = o;
        else {
          const u = o.toString(16).match(/(.*?)(.{0,8})$/);
          if (u === null) return;
          const c = parseInt(u[2], 16),
            l = parseInt(u[1], 16) || 0;
          (i[14] = c), (i[15] = l);
        }
        return (M._md5cycle(this._state, i), e ? this._state : M._hex(this._state));
      }
    };
    a(M, "Md5"),
      E(M, "stateIdentity", new Int32Array([1732584193, -271733879, -1732584194, 271733878])),
      E(M, "buffer32Identity", new Int32Array([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])),
      E(
        M,
        "hexChars",
        "0123456789\
abcdef",
      ),
      E(M, "hexOut", []),
      E(M, "onePassHasher", new M());
    et = M;
  });
var lr = {};
se(lr, { createHash: () => Pu, createHmac: () => Ru, randomBytes: () => Iu });
function Iu(r) {
  return crypto.getRandomValues(p.alloc(r));
}
function Pu(r) {
  if (r === "sha256") return { update: a((e) => ({ digest: a(() => p.from(Xe(e)), "digest") }), "update") };
  if (r === "md5")
    return {
      update: a(
        (e) => ({
          digest: a(() => (typeof e == "string" ? et.hashStr(e) : et.hashByteArray(e)), "digest"),
        }),
        "update",
      ),
    };
  throw new Error(`Hash type '${r}' not supported`);
}
function Ru(r, e) {
  if (r !== "sha256")
    throw new Error(`\
Only sha256 is supported (requested: '${r}')`);
  return {
    update: a(
      (t) => ({
        digest: a(() => {
          typeof e == "string" && (e = new TextEncoder().encode(e)),
            typeof t == "string" && (t = new TextEncoder().encode(t));
          const n = e.length;
          if (n > 64) e = Xe(e);
          else if (n < 64) {
            const c = new Uint8Array(64);
            c.set(e), (e = c);
          }
          const i = new Uint8Array(64),
            s = new Uint8Array(64);
          for (let c = 0; c < 64; c++) (i[c] = 54 ^ e[c]), (s[c] = 92 ^ e[c]);
          const o = new Uint8Array(t.length + 64);
          o.set(i, 0), o.set(t, 64);
          const u = new Uint8Array(96);
          return (u.set(s, 0), u.set(Xe(o), 64), p.from(Xe(u)));
        }, "digest"),
      }),
      "update",
    ),
  };
}
var fr = V(() => {
  h();
  os();
  as();
  a(Iu, "randomBytes");
  a(Pu, "createHash");
  a(Ru, "createHmac");
});
var tt = T((vh, hr) => {
  h();
  hr.exports = {
    host: "localhost",
    user: y.platform === "win32" ? y.env.USERNAME : y.env.USER,
    database: void 0,
    password: null,
    connectionString: void 0,
    port: 5432,
    rows: 0,
    binary: !1,
    max: 10,
    idleTimeoutMillis: 3e4,
    client_encoding: "",
    ssl: !1,
    application_name: void 0,
    fallback_application_name: void 0,
    options: void 0,
    parseInputDatesAsUTC: !1,
    statement_timeout: !1,
    lock_timeout: !1,
    idle_in_transaction_session_timeout: !1,
    query_timeout: !1,
    connect_timeout: 0,
    keepalives: 1,
    keepalives_idle: 0,
  };
  var ke = Je(),
    Lu = ke.getTypeParser(20, "text"),
    Bu = ke.getTypeParser(1016, "text");
  hr.exports.__defineSetter__("parseInt8", (r) => {
    ke.setTypeParser(20, "text", r ? ke.getTypeParser(23, "text") : Lu),
      ke.setTypeParser(1016, "text", r ? ke.getTypeParser(1007, "text") : Bu);
  });
});
var rt = T((Eh, cs) => {
  h();
  var Fu = (fr(), O(lr)),
    Mu = tt();
  function ku(r) {
    var e = r.replace(/\\/g, "\\\\").replace(/"/g, '\\"');
    return '"' + e + '"';
  }
  a(ku, "escapeElement");
  function us(r) {
    for (var e = "{", t = 0; t < r.length; t++)
      t > 0 && (e = e + ","),
        r[t] === null || typeof r[t] > "u"
          ? (e = e + "NULL")
          : Array.isArray(r[t])
            ? (e = e + us(r[t]))
            : r[t] instanceof p
              ? (e += "\\\\x" + r[t].toString("hex"))
              : (e += ku(Tt(r[t])));
    return ((e = e + "}"), e);
  }
  a(us, "arrayString");
  var Tt = a((r, e) => {
    if (r == null) return null;
    if (r instanceof p) return r;
    if (ArrayBuffer.isView(r)) {
      var t = p.from(r.buffer, r.byteOffset, r.byteLength);
      return t.length === r.byteLength ? t : t.slice(r.byteOffset, r.byteOffset + r.byteLength);
    }
    return r instanceof Date
      ? Mu.parseInputDatesAsUTC
        ? Qu(r)
        : Uu(r)
      : Array.isArray(r)
        ? us(r)
        : typeof r == "object"
          ? Ou(r, e)
          : r.toString();
  }, "prepareValue");
  function Ou(r, e) {
    if (r && typeof r.toPostgres == "function") {
      if (((e = e || []), e.indexOf(r) !== -1))
        throw new Error(
          'circular reference detected while preparing "' +
            r +
            '" fo\
r query',
        );
      return (e.push(r), Tt(r.toPostgres(Tt), e));
    }
    return JSON.stringify(r);
  }
  a(Ou, "prepareObject");
  function W(r, e) {
    for (r = "" + r; r.length < e; ) r = "0" + r;
    return r;
  }
  a(W, "pad");
  function Uu(r) {
    var e = -r.getTimezoneOffset(),
      t = r.getFullYear(),
      n = t < 1;
    n && (t = Math.abs(t) + 1);
    var i =
      W(t, 4) +
      "-" +
      W(r.getMonth() + 1, 2) +
      "-" +
      W(r.getDate(), 2) +
      "T" +
      W(r.getHours(), 2) +
      ":" +
      W(r.getMinutes(), 2) +
      ":" +
      W(r.getSeconds(), 2) +
      "." +
      W(r.getMilliseconds(), 3);
    return (
      e < 0 ? ((i += "-"), (e *= -1)) : (i += "+"),
      (i += W(Math.floor(e / 60), 2) + ":" + W(e % 60, 2)),
      n && (i += " BC"),
      i
    );
  }
  a(Uu, "dateToString");
  function Qu(r) {
    var e = r.getUTCFullYear(),
      t = e < 1;
    t && (e = Math.abs(e) + 1);
    var n =
      W(e, 4) +
      "-" +
      W(r.getUTCMonth() + 1, 2) +
      "-" +
      W(r.getUTCDate(), 2) +
      "T" +
      W(r.getUTCHours(), 2) +
      ":" +
      W(r.getUTCMinutes(), 2) +
      ":" +
      W(r.getUTCSeconds(), 2) +
      "." +
      W(r.getUTCMilliseconds(), 3);
    return ((n += "+00:00"), t && (n += " BC"), n);
  }
  a(Qu, "dateToStringUTC");
  function Du(r, e, t) {
    return (
      (r = typeof r == "string" ? { text: r } : r),
      e && (typeof e == "function" ? (r.callback = e) : (r.values = e)),
      t && (r.callback = t),
      r
    );
  }
  a(Du, "normalizeQueryConfig");
  var dr = a((r) => Fu.createHash("md5").update(r, "utf-8").digest("hex"), "md5"),
    qu = a((r, e, t) => {
      var n = dr(e + r),
        i = dr(p.concat([p.from(n), t]));
      return "md5" + i;
    }, "postgresMd5PasswordHash");
  cs.exports = {
    prepareValue: a((e) => Tt(e), "prepareValueWrapper"),
    normalizeQueryConfig: Du,
    postgresMd5PasswordHash: qu,
    md5: dr,
  };
});
var nt = {};
se(nt, { default: () => ju });
var ju;
var yr = {};
se(yr, { join: () => Ju });
function Ju(...r) {
  return r.join("/");
}
var gr = {};
se(gr, { stat: () => Xu });
function Xu(r, e) {
  e(new Error("No filesystem"));
}
var br = {};
se(br, { default: () => ec });
var ec;
var vs = {};
se(vs, { StringDecoder: () => vr });
var vr;
var Bs = {};
se(Bs, { default: () => wc });
var wc;
var Ms = {};
se(Ms, { parse: () => bc });
function bc(r, e = false) {
  let { protocol: t } = new URL(r),
    n = "http:" + r.substring(t.length),
    {
      username: i,
      password: s,
      host: o,
      hostname: u,
      port: c,
      pathname: l,
      search: f,
      searchParams: m,
      hash: g,
    } = new URL(n);
  (s = decodeURIComponent(s)), (i = decodeURIComponent(i)), (l = decodeURIComponent(l));
  const w = i + ":" + s,
    S = e ? Object.fromEntries(m.entries()) : f;
  return {
    href: r,
    protocol: t,
    auth: w,
    username: i,
    password: s,
    host: o,
    hostname: u,
    port: c,
    pathname: l,
    search: f,
    query: S,
    hash: g,
  };
}
var to = {};
se(to, { connect: () => dl });
function dl({ socket: r, servername: e }) {
  return (r.startTls(e), r);
}
var ho = {};
se(ho, { default: () => Il });
var Il;
h();
h();
h();
var da = Object.defineProperty,
  pa = Object.defineProperties,
  ya = Object.getOwnPropertyDescriptors,
  ai = Object.getOwnPropertySymbols,
  ma = Object.prototype.hasOwnProperty,
  ga = Object.prototype.propertyIsEnumerable,
  ui = a(
    (r, e, t) => (e in r ? da(r, e, { enumerable: true, configurable: true, writable: true, value: t }) : (r[e] = t)),
    "__defNormalProp",
  ),
  wa = a((r, e) => {
    for (var t in e || (e = {})) ma.call(e, t) && ui(r, t, e[t]);
    if (ai) for (var t of ai(e)) ga.call(e, t) && ui(r, t, e[t]);
    return r;
  }, "__spreadValues"),
  ba = a((r, e) => pa(r, ya(e)), "__spreadProps"),
  xa = 1008e3,
  ci = new Uint8Array(new Uint16Array([258]).buffer)[0] === 2,
  va = new TextDecoder(),
  Yt = new TextEncoder(),
  dt =
    Yt.encode(
      "0123456789\
abcdef",
    ),
  pt = Yt.encode("0123456789ABCDEF"),
  Sa = Yt.encode(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqr\
stuvwxyz0123456789+/",
  );
var li = Sa.slice();
li[62] = 45;
li[63] = 95;
var je, yt;
function Ea(r, { alphabet: e, scratchArr: t } = {}) {
  if (!je)
    if (((je = new Uint16Array(256)), (yt = new Uint16Array(256)), ci))
      for (let S = 0; S < 256; S++)
        (je[S] = (dt[S & 15] << 8) | dt[S >>> 4]), (yt[S] = (pt[S & 15] << 8) | pt[S >>> 4]);
    else
      for (let S = 0; S < 256; S++)
        (je[S] = dt[S & 15] | (dt[S >>> 4] << 8)), (yt[S] = pt[S & 15] | (pt[S >>> 4] << 8));
  r.byteOffset % 4 !== 0 && (r = new Uint8Array(r));
  let n = r.length,
    i = n >>> 1,
    s = n >>> 2,
    o = t || new Uint16Array(n),
    u = new Uint32Array(r.buffer, r.byteOffset, s),
    c = new Uint32Array(o.buffer, o.byteOffset, i),
    l = e === "upper" ? yt : je,
    f = 0,
    m = 0,
    g;
  if (ci)
    for (; f < s; )
      (g = u[f++]),
        (c[m++] = (l[(g >>> 8) & 255] << 16) | l[g & 255]),
        (c[m++] = (l[g >>> 24] << 16) | l[(g >>> 16) & 255]);
  else
    for (; f < s; )
      (g = u[f++]),
        (c[m++] = (l[g >>> 24] << 16) | l[(g >>> 16) & 255]),
        (c[m++] = (l[(g >>> 8) & 255] << 16) | l[g & 255]);
  for (f <<= 2; f < n; ) o[f] = l[r[f++]];
  return va.decode(o.subarray(0, n));
}
function Aa(r, e = {}) {
  let t = "",
    n = r.length,
    i = xa >>> 1,
    s = Math.ceil(n / i),
    o = new Uint16Array(s > 1 ? i : n),
    u = ba(wa({}, e), { scratchArr: o });
  for (let c = 0; c < s; c++) {
    const l = c * i,
      f = l + i;
    t += Ea(r.subarray(l, f), u);
  }
  return t;
}
function fi(r, e = {}) {
  return e.alphabet !==
    "u\
pper" && typeof r.toHex == "function"
    ? r.toHex()
    : Aa(r, e);
}
h();
h();
var Zt = class Zt {
  constructor(e, t, n) {
    E(this, "execute", e);
    E(this, "queryData", t);
    E(this, "opts", n);
  }
  then(e, t) {
    return this.execute(this.queryData, this.opts).then(e, t);
  }
  catch(e) {
    return this.execute(this.queryData, this.opts).catch(e);
  }
  finally(e) {
    return this.execute(this.queryData, this.opts).finally(e);
  }
};
var xe = Zt;
var mt = class mt {
  constructor(e, t) {
    E(this, "strings", e);
    E(this, "values", t);
  }
  toParameterizedQuery(e = { query: "", params: [] }) {
    const { strings: t, values: n } = this;
    for (let i = 0, s = t.length; i < s; i++)
      if (((e.query += t[i]), i < n.length)) {
        const o = n[i];
        if (o instanceof $e) e.query += o.sql;
        else if (o instanceof xe)
          if (o.queryData instanceof mt) o.queryData.toParameterizedQuery(e);
          else {
            if (o.queryData.params?.length)
              throw new Error(
                "This query is \
not composable",
              );
            e.query += o.queryData.query;
          }
        else {
          const { params: u } = e;
          u.push(o), (e.query += "$" + u.length), (o instanceof p || ArrayBuffer.isView(o)) && (e.query += "::bytea");
        }
      }
    return e;
  }
};
var He = mt,
  Jt = class Jt {
    constructor(e) {
      E(this, "sql", e);
    }
  };
var $e = Jt;
h();
function gt() {
  typeof window < "u" &&
    typeof document < "u" &&
    typeof console < "u" &&
    typeof console.warn ==
      "func\
tion" &&
    console.warn(`          
        ************************************************************
        *                                                          *
        *  WARNING: Running SQL directly from the browser can have *
        *  security implications. Even if your database is         *
        *  protected by Row-Level Security (RLS), use it at your   *
        *  own risk. This approach is great for fast prototyping,  *
        *  but ensure proper safeguards are in place to prevent    *
        *  misuse or execution of expensive SQL queries by your    *
        *  end users.                                              *
        *                                                          *
        *  If you've assessed the risks, suppress this message     *
        *  using the disableWarningInBrowsers configuration        *
        *  parameter.                                              *
        *                                                          *
        ************************************************************`);
}
h();
h();
var wt = class wt extends Error {
  constructor(t) {
    super(t);
    E(this, "name", "NeonDbError");
    E(this, "severity");
    E(this, "code");
    E(this, "detail");
    E(this, "hint");
    E(this, "position");
    E(this, "internalPosition");
    E(this, "internalQuery");
    E(this, "where");
    E(this, "schema");
    E(this, "table");
    E(this, "column");
    E(this, "dataType");
    E(this, "constraint");
    E(this, "file");
    E(this, "line");
    E(this, "routine");
    E(this, "sourceError");
    "captureS\
tackTrace" in Error &&
      typeof Error.captureStackTrace == "function" &&
      Error.captureStackTrace(this, wt);
  }
};
var N = wt,
  hi = [
    "severity",
    "code",
    "detail",
    "hint",
    "position",
    "internalPosition",
    "inte\
rnalQuery",
    "where",
    "schema",
    "table",
    "column",
    "dataType",
    "constraint",
    "file",
    "line",
    "routine",
  ];
function di(r, e) {
  let t, n;
  try {
    (t = new URL(r).protocol), (n = new URL("http:" + r.slice(t.length)));
  } catch {
    throw new N(`Database connection string provided to neon() is not a valid URL (connection string: ${r})`);
  }
  const { username: i, hostname: s, pathname: o } = n;
  if ((t !== "postgres:" && t !== "postgresql:") || (e && (!i || !s || s === "-" || !o || o === "/")))
    throw new N("Wrong URL scheme or missing user, host or database in connection parameters");
  return n;
}
function Ca(r) {
  return "postgresql:" + r.href.slice(r.protocol.length);
}
var _a = [
    "connectionString",
    "user",
    "username",
    "password",
    "host",
    "hostname",
    "po\
rt",
    "database",
  ],
  Ta = { database: "pathname", user: "username", host: "hostname" };
function pi(...r) {
  let e = {};
  for (const t of r) e = t.connectionString !== void 0 ? t : { ...e, ...t };
  return e;
}
async function yi(
  r = "\
postgresql://-",
  e = {},
  t = {},
) {
  if (
    (e.connectionString !== void 0 && (r = e.connectionString),
    typeof r ==
      "functio\
n" && (r = await r()),
    typeof r != "string")
  )
    throw new N(
      "Connection string must be a string or a function r\
esolving to one",
    );
  if (e.user !== void 0 && e.username !== void 0)
    throw new N(
      "Please specify one only of us\
er and username",
    );
  if (e.host !== void 0 && e.hostname !== void 0)
    throw new N(
      "Please specify one only of ho\
st and hostname",
    );
  const n = di(r, false);
  await Promise.all(
    _a.map(async (u) => {
      if (u === "connectionString") return;
      let c = e[u];
      if ((typeof c == "function" && (c = await c()), c === void 0)) return;
      if (
        typeof c != "string" &&
        !(
          u ===
            "po\
rt" && typeof c == "number"
        )
      ) {
        const f = u === "port" ? " or a number" : "";
        throw new N(`Connection parameter "${u}\
" must be a string${f} or a function resolving to one`);
      }
      const l = Ta[u] ?? u;
      n[l] = c;
    }),
  );
  const { searchParams: i } = n;
  for (const u in t) i.has(u) || i.append(u, t[u]);
  const s = Ca(n),
    o = di(s, true);
  return { resolvedConnectionString: s, resolvedURL: o };
}
Ge();
h();
var vt = "pkg:npm/%40neondatabase/serverless@1.2.0";
var ds = we(_t()),
  ps = we(rt());
var ls = "transaction() expects an array of queries, or a function returning an array of queries";
function Nu(r) {
  return r instanceof p ? "\\x" + fi(r) : r;
}
function fs(r) {
  const { query: e, params: t } = r instanceof He ? r.toParameterizedQuery() : r;
  return { query: e, params: t.map((n) => Nu((0, ps.prepareValue)(n))) };
}
function ys(r, e = {}) {
  typeof r != "string" && ((e = r ?? {}), (r = void 0));
  const {
    arrayMode: t,
    fullResults: n,
    fetchOptions: i,
    isolationLevel: s,
    readOnly: o,
    deferrable: u,
    authToken: c,
    disableWarningInBrowsers: l,
  } = e;
  function f(g, ...w) {
    if (!(Array.isArray(g) && Array.isArray(g.raw) && Array.isArray(w)))
      throw new Error(
        'This function can no\
w be called only as a tagged-template function: sql`SELECT ${value}`, not sql("SELECT $1", [value], \
options). For a conventional function call with value placeholders ($1, $2, etc.), use sql.query("SE\
LECT $1", [value], options).',
      );
    return new xe(m, new He(g, w));
  }
  (f.query = (g, w, S) => new xe(m, { query: g, params: w ?? [] }, S)),
    (f.unsafe = (g) => new $e(g)),
    (f.transaction = async (g, w) => {
      if ((typeof g == "function" && (g = g(f)), !Array.isArray(g))) throw new Error(ls);
      g.forEach((D) => {
        if (!(D instanceof xe)) throw new Error(ls);
      });
      const S = g.map((D) => D.queryData),
        k = g.map((D) => D.opts ?? {});
      return m(S, k, w);
    });
  async function m(g, w, S) {
    let { fetchEndpoint: k, fetchFunction: D } = pe,
      he = Array.isArray(g) ? { queries: g.map((G) => fs(G)) } : fs(g),
      I = i ?? {},
      C = t ?? false,
      re = n ?? false,
      ne = s,
      H = o,
      oe = u;
    S !== void 0 &&
      (S.fetchOptions !== void 0 && (I = { ...I, ...S.fetchOptions }),
      S.arrayMode !== void 0 && (C = S.arrayMode),
      S.fullResults !== void 0 && (re = S.fullResults),
      S.isolationLevel !== void 0 && (ne = S.isolationLevel),
      S.readOnly !== void 0 && (H = S.readOnly),
      S.deferrable !== void 0 && (oe = S.deferrable)),
      w !== void 0 && !Array.isArray(w) && w.fetchOptions !== void 0 && (I = { ...I, ...w.fetchOptions });
    let ae = c;
    !Array.isArray(w) && w?.authToken !== void 0 && (ae = w.authToken);
    const me = pi(e, S ?? {}, Array.isArray(w) || !w ? {} : w),
      { resolvedConnectionString: R, resolvedURL: $ } = await yi(r, me, { application_name: vt }),
      Ee = typeof k == "function" ? k($.hostname, $.port, { jwtAuth: ae !== void 0 }) : k,
      ue = {
        "Neon-Connection-String": R,
        "Neon-Raw-Text-Output": "true",
        "Neon-Array-Mode": "true",
      },
      Te = await Wu(ae);
    Te && (ue.Authorization = `Bearer ${Te}`),
      Array.isArray(g) &&
        (ne !== void 0 && (ue["Neon-Batch-Isolation-Level"] = ne),
        H !== void 0 && (ue["Neon-Batch-Read-Only"] = String(H)),
        oe !== void 0 && (ue["Neon-Batch-Deferrable"] = String(oe))),
      l || pe.disableWarningInBrowsers || gt();
    let ce;
    try {
      ce = await (D ?? fetch)(Ee, { method: "POST", body: JSON.stringify(he), headers: ue, ...I });
    } catch (G) {
      const q = new N(`Error connecting to database: ${G}`);
      throw ((q.sourceError = G), q);
    }
    if (ce.ok) {
      const G = await ce.json();
      if (Array.isArray(g)) {
        const q = G.results;
        if (!Array.isArray(q)) throw new N("Neon internal error: unexpected result format");
        return q.map((ge, J) => {
          const ie = w[J] ?? {},
            Dt = ie.arrayMode ?? C,
            Io = ie.fullResults ?? re;
          return hs(ge, { arrayMode: Dt, fullResults: Io, types: ie.types });
        });
      } else {
        const q = w ?? {},
          ge = q.arrayMode ?? C,
          J = q.fullResults ?? re;
        return hs(G, { arrayMode: ge, fullResults: J, types: q.types });
      }
    } else {
      const { status: G } = ce;
      if (G === 400) {
        const q = await ce.json(),
          ge = new N(q.message);
        for (const J of hi) ge[J] = q[J] ?? void 0;
        throw ge;
      } else {
        const q = await ce.text();
        throw new N(`Server error (HTTP status ${G}): ${q}`);
      }
    }
  }
  return f;
}
function hs(r, { arrayMode: e, fullResults: t, types: n }) {
  const i = new ds.default(n),
    s = r.fields.map((c) => c.name),
    o = r.fields.map((c) => i.getTypeParser(c.dataTypeID)),
    u =
      e === true
        ? r.rows.map((c) => c.map((l, f) => (l === null ? null : o[f](l))))
        : r.rows.map((c) => Object.fromEntries(c.map((l, f) => [s[f], l === null ? null : o[f](l)])));
  return t ? ((r.viaNeonFetch = true), (r.rowAsArray = e), (r.rows = u), (r._parsers = o), (r._types = i), r) : u;
}
async function Wu(r) {
  if (typeof r == "string") return r;
  if (typeof r == "function")
    try {
      return await Promise.resolve(r());
    } catch (e) {
      let t = new N("Error getting auth token.");
      throw (e instanceof Error && (t = new N(`Error getting auth token: ${e.message}`)), t);
    }
}
h();
h();
h();
Ge();
Ge();
h();
var export_types = Je(); /*! Bundled license information:

ieee754/index.js:
  (*! ieee754. BSD-3-Clause License. Feross Aboukhadijeh <https://feross.org/opensource> *)

buffer/index.js:
  (*!
   * The buffer module from node.js, for the browser.
   *
   * @author   Feross Aboukhadijeh <https://feross.org>
   * @license  MIT
   *)
*/

export { export_types as types, N as NeonDbError, pe as neonConfig, ys as neon };
