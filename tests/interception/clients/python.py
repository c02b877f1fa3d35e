"""`python.py LIBRARY plain|stream|bank`: one call by one library, as its users write it. Prints what came."""

import asyncio
import json
import sys

CHAT, BANK = "https://api.openai.com/v1/chat/completions", "https://bank.test/balance"
QUESTION = [{"role": "user", "content": "Context: The invoice is due on 12 March 2026.\n\nQuestion: When is the invoice due?"}]
library, what = sys.argv[1:]
stream = what == "stream"
body = {"model": "gpt-4o", "messages": QUESTION, "stream": stream}
headers = {"authorization": "Bearer sk-none", "content-type": "application/json"}


def urllib():
    import urllib.request

    request = urllib.request.Request(BANK) if what == "bank" else urllib.request.Request(CHAT, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.read().decode()


def requests():
    import requests

    answer = requests.get(BANK, timeout=20) if what == "bank" else requests.post(CHAT, json=body, headers=headers, timeout=20, stream=stream)
    answer.raise_for_status()
    return "\n".join(answer.iter_lines(decode_unicode=True)) if stream else answer.text


def httpx():
    import httpx

    with httpx.Client(http2=False, timeout=20) as client:
        answer = client.get(BANK) if what == "bank" else client.post(CHAT, json=body, headers=headers)
        return answer.raise_for_status().text


def aiohttp():
    import aiohttp

    async def call():
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(20)) as session:
            asked = session.get(BANK) if what == "bank" else session.post(CHAT, json=body, headers=headers)
            async with asked as answer:
                answer.raise_for_status()
                return await answer.text()

    return asyncio.run(call())


def openai():
    if what == "bank":
        return httpx()  # what it is built on
    import openai

    answer = openai.OpenAI(api_key="sk-none", max_retries=0, timeout=20).chat.completions.create(**body)
    return "".join(chunk.choices[0].delta.content or "" for chunk in answer) if stream else answer.choices[0].message.content


def anthropic():
    if what == "bank":
        return httpx()
    import anthropic

    client = anthropic.Anthropic(api_key="none", max_retries=0, timeout=20)
    asked = {"model": "claude-sonnet-4-5", "max_tokens": 99, "messages": QUESTION}
    if not stream:
        return client.messages.create(**asked).content[0].text
    with client.messages.stream(**asked) as events:
        return "".join(events.text_stream)


print(globals()[library]())
