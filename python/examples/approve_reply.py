"""A worker that calls a model, and waits for a person: it drafts a reply, and keeps it when somebody has approved it.

The model is that of any server with OpenAI's chat completions, such as vLLM, llama.cpp or Ollama.
"""

import os

import httpx

from workflow_runs.runner import AsyncRun, Result, Runner

MODEL_URL = os.environ.get("MODEL_URL", "http://localhost:11434/v1/chat/completions")

runner = Runner(capacity=4)


async def draft(question: str) -> str:
    prompt = f"Write a short reply to this customer:\n\n{question}"
    body = {"model": os.environ.get("MODEL", "llama3.2"), "messages": [{"role": "user", "content": prompt}]}
    async with httpx.AsyncClient(timeout=300) as http:
        response = await http.post(MODEL_URL, json=body)
    response.raise_for_status()
    text: str = response.json()["choices"][0]["message"]["content"]
    return text


@runner.handle("Reply to a customer")
async def reply(run: AsyncRun) -> Result:
    text = await run.step("draft", lambda: draft(run.input["question"]))
    answer = await run.ask("approve", f"Send this reply?\n\n{text[:4000]}", choices=["yes", "no"], timeout_seconds=86_400)
    if answer["value"] == "no":
        return Result(summary=f"The reply was not approved. {answer.get('comment') or ''}")
    await run.upload("reply.txt", text)
    return Result({"reply": text}, "The reply was approved.")


if __name__ == "__main__":
    runner.run()
