/** What one can do with the log on the page of a run, also with one of 100,000 lines. */
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { type LeasedRun, leaseRun, shownLines } from "../support/browser/leased-run.ts";
import { complaintsOf, faultsInTheme, openPage, overflow, signIn } from "../support/browser/pages.ts";
import { useWorld } from "../support/browser/world.ts";

const world = useWorld();
let page: Page;
let run: LeasedRun;

/** How long to wait for what a slow machine shows late. */
const PATIENTLY = { timeout: 30_000 };

const ESCAPE = "\u001b";
const log = () => page.getByRole("log", { name: "Lines of the log" });
const numbered = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => `line ${from + i}\n`).join("");

/** How far the box of the log is scrolled, and how far it is from its end, in pixels. */
async function scrolled(): Promise<{ top: number; toEnd: number }> {
  return page.evaluate(`(() => {
    const box = document.querySelector("[role=log]");
    return { top: box.scrollTop, toEnd: box.scrollHeight - box.clientHeight - box.scrollTop };
  })()`);
}

/** How far the box of the log is scrolled, once that stays the same for some frames. */
async function settled(): ReturnType<typeof scrolled> {
  await page.evaluate(`new Promise((resolve) => {
    const box = document.querySelector("[role=log]");
    let [top, frames] = [box.scrollTop, 0];
    const look = () => {
      frames = box.scrollTop === top ? frames + 1 : 0;
      top = box.scrollTop;
      if (frames < 20) requestAnimationFrame(look);
      else resolve();
    };
    look();
  })`);
  return scrolled();
}

async function openRun(path = `/app/runs/${run.id}`): Promise<void> {
  await page.goto(path);
  await log().locator(".line").first().waitFor();
}

beforeAll(async () => {
  run = await leaseRun(world);
  page = await openPage(world.browser, world.stack.url, { permissions: ["clipboard-read", "clipboard-write"] });
  await signIn(page, "owner");
});

describe("the log of a run", () => {
  it("shows the colours of a terminal, which can be read in both themes, and leaves them out of its text", async () => {
    const colours = Array.from(
      { length: 16 },
      (_, i) =>
        `${ESCAPE}[${i < 8 ? 30 + i : 82 + i}mtext ${i} ${ESCAPE}[${i < 8 ? 40 + i : 92 + i}mon ${i}${ESCAPE}[0m`,
    ).join("\n");
    const more = `${ESCAPE}[1;38;5;196mDanger${ESCAPE}[22m goes\non ${ESCAPE}[0;2;4m dim${ESCAPE}[0;7m other${ESCAPE}[m${ESCAPE}[2J`;
    await run.append(0, `${colours}\n${more}\n`);
    await openRun();
    const colourOf = (selector: string) =>
      page.evaluate(`getComputedStyle(document.querySelector(${JSON.stringify(selector)})).color`);
    expect(await colourOf("[role=log] .text-1")).not.toBe(await colourOf("[role=log]"));
    expect((await shownLines(page)).slice(-3)).toEqual(["text 15 on 15", "Danger goes", "on  dim other␛[2J"]);
    expect(await log().locator(".bold").allTextContents()).toEqual(["Danger"]);
    // The colour goes on in the next line.
    expect(await log().locator(".text-9").allTextContents()).toEqual(["text 9 ", "on 9", "Danger", " goes", "on "]);
    expect(await faultsInTheme(page)).toEqual([]);
  });

  it("has numbers that link to a line, also by keyboard, and the time of each line on request", async () => {
    await run.append(1, numbered(1, 60));
    await log().getByText("line 60", { exact: true }).waitFor();
    await page.locator('[data-number="40"]').click();
    await page.waitForURL(/\?attempt=1#L40$/);
    await page.reload();
    await page.locator(".line.marked").getByText("line 22", { exact: true }).waitFor();
    const field = page.getByLabel("Go to line");
    await field.fill("20");
    await field.press("Enter");
    await page.waitForURL(/#L20$/);
    expect(await page.locator(".line.marked > span").textContent()).toBe("line 2");
    const timeOf = () => page.evaluate(`getComputedStyle(document.querySelector(".line > a"), "::after").content`);
    expect(await timeOf()).toBe("none");
    await page.getByRole("button", { name: "Times" }).click();
    expect(await timeOf()).toMatch(/\d\d:\d\d:\d\d/);
    expect(await page.locator(".line > a").first().getAttribute("data-time")).toMatch(/\d\d:\d\d:\d\d/);
    await page.getByRole("button", { name: "Times" }).click();
  });

  it("follows the end until its reader scrolls up or turns that off", async () => {
    await openRun();
    await expect.poll(async () => (await scrolled()).toEnd).toBeLessThan(9);
    await run.append(2, numbered(61, 90));
    await log().getByText("line 90", { exact: true }).waitFor();
    expect((await scrolled()).toEnd).toBeLessThan(9);

    await log().hover();
    await page.mouse.wheel(0, -300);
    await page.locator("[data-tool=follow][aria-pressed=false]").waitFor();
    // The wheel scrolls step by step.
    const before = await settled();
    await run.append(3, numbered(91, 120));
    await log().getByText("line 120", { exact: true }).waitFor({ state: "attached" });
    expect((await scrolled()).top).toBe(before.top);
    await page.getByRole("button", { name: "Follow" }).click();
    expect((await scrolled()).toEnd).toBeLessThan(9);
    await page.getByRole("button", { name: "Follow" }).click();
    await run.append(4, numbered(121, 150));
    await log().getByText("line 150", { exact: true }).waitFor({ state: "attached" });
    expect((await scrolled()).toEnd).toBeGreaterThan(300);
  });

  it("keeps what is selected when lines arrive and the page is refreshed, and the last heartbeat moves", async () => {
    await page.evaluate(`(() => {
      const [from, to] = [...document.querySelectorAll(".line > span")].slice(20, 24);
      getSelection().setBaseAndExtent(from.firstChild, 2, to.firstChild, 4);
    })()`);
    const selected = await page.evaluate("getSelection().toString()");
    expect(selected).toBe("ne 3\nline");
    await run.tell("heartbeat", { progress: { percent: 40, message: "Half of it" } });
    const beat = page.locator(".heartbeat time");
    await beat.waitFor();
    const first = await beat.getAttribute("datetime");
    await run.tell("heartbeat", {});
    await run.append(5, numbered(151, 200));
    await log().getByText("line 200", { exact: true }).waitFor({ state: "attached" });
    await expect.poll(() => beat.getAttribute("datetime"), PATIENTLY).not.toBe(first);
    await page.evaluate(`document.querySelector("#live").dispatchEvent(new Event("refresh"))`);
    await page.waitForTimeout(1_000);
    expect(await page.evaluate("getSelection().toString()")).toBe(selected);
  });

  it("keeps what is selected in its last line while that line grows, and shows each heartbeat as lines arrive", async () => {
    await run.append(6, "begun");
    await log().getByText("begun", { exact: true }).waitFor();
    await page.evaluate(`(() => {
      const text = [...document.querySelectorAll(".line > span")].at(-1).firstChild;
      getSelection().setBaseAndExtent(text, 1, text, 4);
    })()`);
    const beat = page.locator(".heartbeat time");
    // Its text has no fractions of a second.
    const instant = () => beat.getAttribute("datetime");
    const shown = new Set([await instant()]);
    const more = [
      [" and", "begun and"],
      [`${ESCAPE}[31m red`, "begun and red"],
      [` still${ESCAPE}[0m done\n`, "begun and red still done"],
    ] as const;
    for (const [index, [text, line]] of more.entries()) {
      await run.tell("heartbeat", {});
      await run.append(7 + index, text);
      await expect.poll(async () => (await shownLines(page)).at(-1), PATIENTLY).toBe(line);
      expect(await page.evaluate("getSelection().toString()")).toBe("egu");
      await expect.poll(async () => shown.has(await instant()), PATIENTLY).toBe(false);
      shown.add(await instant());
    }
    expect(await log().locator(".line").last().locator(".text-1").textContent()).toBe(" red still");
  });

  it("is saved as a file, without colours", async () => {
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download" }).click(),
    ]);
    expect(download.suggestedFilename()).toBe(`${run.id}-attempt-1.log`);
    const text = readFileSync(await download.path(), "utf8");
    expect([text.includes("Danger goes\non  dim"), text.endsWith("line 200\nbegun and red still done\n")]).toEqual([
      true,
      true,
    ]);
  });

  it("marks what is found, also where its colour changes within a word, and keeps what is selected", async () => {
    const marked = () =>
      page.evaluate<string[]>(`[...(CSS.highlights.get("found") ?? [])].map((range) => {
        const text = new Range();
        text.setStart(range.startContainer, range.startOffset);
        text.setEnd(range.endContainer, range.endOffset);
        return text.toString();
      })`);
    await run.append(10, `a re${ESCAPE}[31md ${ESCAPE}[0mRED (red)\n`);
    await log().getByText("RED (red)").waitFor();
    await page.getByRole("searchbox", { name: "Find in the log" }).fill("red");
    await page.getByText("2 of 220 lines").waitFor();
    await expect.poll(marked).toEqual(["red", "red", "RED", "red"]);
    await page.evaluate("getSelection().selectAllChildren(document.querySelector('.line > span'))");
    const selected = await page.evaluate("getSelection().toString()");
    await run.append(11, "no more red\n");
    await page.getByText("3 of 221 lines").waitFor();
    await expect.poll(marked).toEqual(["red", "red", "RED", "red", "red"]);
    expect(await page.evaluate("getSelection().toString()")).toBe(selected);
    await page.getByRole("searchbox", { name: "Find in the log" }).fill("(red");
    await expect.poll(marked).toEqual(["(red"]);
    expect(await faultsInTheme(page)).toEqual([]);
    await page.getByRole("searchbox", { name: "Find in the log" }).fill("");
    await expect.poll(marked).toEqual([]);
  });

  it("wraps long lines until that is turned off, and fills the window on request, with the same line at its top", async () => {
    await run.append(12, `${"a long line ".repeat(60)}\n${numbered(201, 260)}`);
    await log().getByText("line 260", { exact: true }).waitFor();
    const sizes = () =>
      page.evaluate<{ wide: boolean; height: number; box: number }>(`(() => {
        const box = document.querySelector("[role=log]");
        const long = [...box.querySelectorAll(".line")].find((line) => line.textContent.includes("a long line"));
        return { wide: box.scrollWidth > box.clientWidth, height: long.offsetHeight, box: box.clientHeight };
      })()`);
    const topLine = () =>
      page.evaluate<string | null>(`(() => {
        const box = document.querySelector("[role=log]");
        const { top } = box.getBoundingClientRect();
        return [...box.querySelectorAll(".line")].find((line) => line.getBoundingClientRect().bottom > top + 1).textContent;
      })()`);
    await page.getByLabel("Go to line").fill("230");
    await page.getByLabel("Go to line").press("Enter");
    const [wrapped, first] = [await sizes(), await topLine()];
    expect(wrapped.wide).toBe(false);
    await page.getByRole("button", { name: "Wrap" }).click();
    const unwrapped = await sizes();
    expect([unwrapped.wide, unwrapped.height < wrapped.height / 2, await topLine()]).toEqual([true, true, first]);
    expect(await overflow(page)).toBe(0);
    await page.getByRole("button", { name: "Wrap" }).click();

    await page.getByRole("button", { name: "Whole window" }).click();
    const whole = await page.evaluate("JSON.stringify(document.querySelector('#log').getBoundingClientRect())");
    expect(JSON.parse(String(whole))).toMatchObject({ x: 0, y: 0, width: 1280, height: 720 });
    expect([(await sizes()).box > wrapped.box, await topLine()]).toEqual([true, first]);
    expect(await page.evaluate("document.querySelector('header').inert")).toBe(true);
    expect(await faultsInTheme(page)).toEqual([]);
    // A refresh of the page behind it leaves it as it is.
    await run.tell("heartbeat", { progress: { percent: 50, message: "More" } });
    await page.locator("#progress", { hasText: "More" }).waitFor({ state: "attached" });
    expect(await page.evaluate("document.querySelector('header').inert")).toBe(true);
    await page.keyboard.press("Escape");
    expect([await page.evaluate("document.querySelector('header').inert"), await topLine()]).toEqual([false, first]);
  });

  it("fits on a phone", async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await overflow(page)).toBe(0);
    expect(await faultsInTheme(page)).toEqual([]);
    await page.setViewportSize({ width: 1280, height: 720 });
    expect(complaintsOf(page)).toEqual([]);
  });
});

describe("a log of 100,000 lines", () => {
  it("has a few hundred lines in the page at a time, and all can be reached, found and copied", async () => {
    await run.tell("callback", { status: "COMPLETED" });
    const { database } = world;
    await database.query(
      `insert into workflow_run_log_entries (run_id, attempt, sequence, at, text)
       select $1, 1, 13 + n, now(), (select string_agg(format(E'many %s\\n', 1000 * n + i), '' order by i) from generate_series(1, 1000) i)
       from generate_series(0, 99) n`,
      [run.id],
    );
    await page.goto(`/app/runs/${run.id}`);
    await log().getByText("many 100000", { exact: true }).waitFor();
    expect(await log().locator(".line").count()).toBeLessThan(1_500);

    await page.getByLabel("Go to line").fill("50000");
    await page.getByLabel("Go to line").press("Enter");
    await page.locator(".line.marked").waitFor();
    const height = await page.evaluate(`(({ top, bottom }) => [top >= 0, bottom <= innerHeight])(
      document.querySelector(".line.marked").getBoundingClientRect())`);
    expect(height).toEqual([true, true]);
    expect(await log().locator(".line").count()).toBeLessThan(2_000);

    // What is selected beyond what is shown is copied, too.
    await log().focus();
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.press("ControlOrMeta+c");
    const copied: string = await page.evaluate("navigator.clipboard.readText()");
    expect([copied.split("\n").length > 100_000, copied.includes("many 70000\nmany 70001\n")]).toEqual([true, true]);
    await page.evaluate(`(() => {
      const [line] = document.querySelectorAll(".line.marked > span");
      getSelection().setBaseAndExtent(line.firstChild, 2, line.firstChild, 4);
    })()`);
    await page.evaluate(`(() => {
      const box = document.querySelector("[role=log]");
      box.scrollTop = box.scrollHeight * 0.6;
    })()`);
    await log()
      .locator(".line", { hasText: /^many (59|60|61)\d{3}$/ })
      .first()
      .waitFor();
    const end: string = await page.evaluate(`(() => {
      const line = [...document.querySelectorAll(".line > span")].find((span) => /^many (59|60|61)...$/.test(span.textContent));
      getSelection().extend(line.firstChild, 3);
      return line.textContent;
    })()`);
    await page.keyboard.press("ControlOrMeta+c");
    const part: string = await page.evaluate("navigator.clipboard.readText()");
    expect([part.slice(0, 19), part.slice(-14)]).toEqual([
      "ny 49718\nmany 49719",
      `many ${Number(end.slice(5)) - 1}\nman`,
    ]);
    expect(part.split("\n")).toHaveLength(Number(end.slice(5)) - 49_717);
    await page.evaluate("getSelection().removeAllRanges()");

    await page.getByRole("searchbox", { name: "Find in the log" }).fill("many 9999");
    await page.getByText("11 of 100,282 lines").waitFor();
    expect(await log().locator(".line").count()).toBe(11);
    expect(complaintsOf(page)).toEqual([]);
  });
});

describe("a hostile log", () => {
  it("costs in proportion to its length", async () => {
    const timed: number[] = await page.evaluate(`(async () => {
      const { Lines } = await import("/app/log/lines.js");
      const E = String.fromCharCode(27);
      const time = (unit, count) => {
        const begun = performance.now();
        const lines = new Lines();
        lines.add([{ at: "", text: unit.repeat(count) }, { at: "", text: "\\n" + E + "[0m" + "end" }]);
        lines.parts(lines.length - 1);
        lines.parts(0);
        lines.toText();
        return performance.now() - begun;
      };
      return [E + "[", E + "[1;", "1;", E + "[m", E + "[1;31m", E + "[38;5;1mx", E + "[1;2;3;4;7;9m" + "x", "\\n", "\\r", E + "[31mx\\n"]
        .map((unit) => time(unit, Math.floor(262_144 / unit.length)));
    })()`);
    expect(Math.max(...timed)).toBeLessThan(5_000);
    const long: number = await page.evaluate(`(async () => {
      const { Lines } = await import("/app/log/lines.js");
      const begun = performance.now();
      const lines = new Lines();
      lines.add([{ at: "", text: String.fromCharCode(27) + "[" + "1;".repeat(250_000) }]);
      lines.parts(0);
      return performance.now() - begun;
    })()`);
    expect(long).toBeLessThan(5_000);
  });
});
