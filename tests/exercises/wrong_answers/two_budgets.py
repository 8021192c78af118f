"""Plausible wrong answers to the exercises of notebook 13."""

from __future__ import annotations

from tests.exercises.wrong_answers.wrong_answer import WrongAnswer

WRONG = [
    WrongAnswer(
        check="check_reserves",
        mistake="the answer alone",
        code="""
async def ask(client, url, body, budgets):
    async with budgets.turn(tokens=body["max_tokens"]) as turn:
        answer = await client.post(url, json=body)
    turn.correct(tokens=answer.json()["usage"]["total_tokens"])
    return answer
""",
    ),
    WrongAnswer(
        check="check_reserves",
        mistake="nothing given back",
        code="""
async def ask(client, url, body, budgets):
    async with budgets.turn(tokens=most_tokens(body)):
        return await client.post(url, json=body)
""",
    ),
    WrongAnswer(
        check="check_reserves",
        mistake="all that anything may cost",
        code="""
async def ask(client, url, body, budgets):
    async with budgets.turn(tokens=1000) as turn:
        answer = await client.post(url, json=body)
    turn.correct(tokens=answer.json()["usage"]["total_tokens"])
    return answer
""",
    ),
    WrongAnswer(
        check="check_reserves",
        mistake="the answer's tokens given back, not the sum",
        code="""
async def ask(client, url, body, budgets):
    async with budgets.turn(tokens=most_tokens(body)) as turn:
        answer = await client.post(url, json=body)
    turn.correct(tokens=answer.json()["usage"]["completion_tokens"])
    return answer
""",
    ),
]
