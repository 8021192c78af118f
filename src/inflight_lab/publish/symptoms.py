"""What people type into a search engine, and the passage that answers it.

To add one, say what people see, in the words of the error message if there is one; what
is behind it, in a sentence; and under which heading of which notebook it is explained.
"""

from typing import NamedTuple


class Symptom(NamedTuple):
    """Something that goes wrong, and where to read why."""

    seen: str
    cause: str
    notebook: str
    heading: str

    @property
    def address(self) -> str:
        """The passage, as a link from the page beside it."""
        anchor = self.heading.replace(" ", "-")
        return f"{self.notebook}.html#{anchor}"


REFUSED = (
    Symptom(
        "429 Too Many Requests with asyncio.gather",
        "All requests start at once, and the API counts them all in the same second.",
        "02_send_many_at_once",
        "Surprise 2: the wall",
    ),
    Symptom(
        "asyncio.Semaphore, but still 429",
        "A semaphore limits how many are in flight, not how many you send a second.",
        "03_limit_with_a_semaphore",
        "What the limit does not limit",
    ),
    Symptom(
        "aiohttp: 429 although TCPConnector(limit=10)",
        "It limits how many are in flight. The faster the answers, the more you send.",
        "05_tell_concurrency_from_rate",
        "Same limit, different rate",
    ),
    Symptom(
        "The semaphore worked for months, now 429s",
        "The API answers faster than before, so the same limit sends more.",
        "05_tell_concurrency_from_rate",
        "No limit fits every latency",
    ),
    Symptom(
        "asyncio.sleep(1) when the semaphore is full, still 429",
        "Small batches never pause, and large ones pause too late.",
        "04_pause_at_the_limit",
        "How it fails",
    ),
    Symptom(
        "asyncio.sleep(0.1) after each request, still 429",
        "Every slot sleeps by itself, so ten slots send ten times as often.",
        "04_pause_at_the_limit",
        "How it fails",
    ),
    Symptom(
        "async with limiter around asyncio.gather, still 429",
        "The whole batch takes one turn. Each request needs a turn of its own.",
        "06_pace_to_the_quota",
        "A turn for each request",
    ),
    Symptom(
        "async with limiter around a loop of requests, still 429",
        "The loop takes one turn, however many requests it sends.",
        "06_pace_to_the_quota",
        "A turn for each request",
    ),
    Symptom(
        "Number of concurrent connections has exceeded your rate limit",
        "The API limits how many are in flight, however few you send: use a semaphore.",
        "03_limit_with_a_semaphore",
        "Some APIs limit how many at once",
    ),
    Symptom(
        "Below the average rate, and still refused",
        "The API looks at its busiest second, and requests leave in bursts.",
        "05_tell_concurrency_from_rate",
        "The busiest second",
    ),
    Symptom(
        "How to limit requests per second in asyncio",
        "Space them with a rate limiter: nearly all of the quota, and no 429.",
        "06_pace_to_the_quota",
        "The next request is due one spacing after the last",
    ),
    Symptom(
        "AsyncLimiter or token bucket: too many in the first second",
        "A bucket starts full, and sends twice the quota at first.",
        "07_judge_a_limiter",
        "When do the first requests go?",
    ),
    Symptom(
        "httpx: one rate limit for all requests",
        "A limiter holds back what goes through it: make one, and share it.",
        "06_pace_to_the_quota",
        "One quota needs one limiter",
    ),
    Symptom(
        "403 rate limit exceeded (GitHub)",
        "Some APIs refuse with a 403; the rest of the answer says that it is a limit.",
        "08_survive_failures",
        "How long do I wait if there is no Retry-After?",
    ),
)

RETRIES = (
    Symptom(
        "Retry-After is there, and the 429s go on",
        "Each request waits only for itself; one refusal should hold all of them back.",
        "08_survive_failures",
        "What the server asks for",
    ),
    Symptom(
        "X-RateLimit-Reset: the time to sleep is negative",
        "It is past, or your clock is ahead: count from the answer's own Date.",
        "08_survive_failures",
        "How long do I wait if there is no Retry-After?",
    ),
    Symptom(
        "All tasks sleep, and wake up at the same time",
        "They use the same formula, so they meet again: add a random wait.",
        "08_survive_failures",
        "The thundering herd",
    ),
    Symptom(
        "tenacity or backoff makes it worse",
        "Your retries multiply with those of the SDK and of the transport.",
        "08_survive_failures",
        "My SDK retries too. Is that a problem?",
    ),
    Symptom(
        "tenacity ignores Retry-After",
        "It sees only the exception. A wait function of yours reads the header there.",
        "08_survive_failures",
        "How do I make tenacity wait as long as the API asks?",
    ),
    Symptom(
        "AsyncHTTPTransport(retries=3), and still 429",
        "It repeats only connections that could not be opened, and never a 429.",
        "08_survive_failures",
        "Does retries= in httpx repeat a 429?",
    ),
    Symptom(
        "RateLimitError: where is its Retry-After?",
        "The error carries the answer, and the answer has the header.",
        "08_survive_failures",
        "How do I read Retry-After from a RateLimitError?",
    ),
    Symptom(
        "Rate limiter and retries: which one goes inside the other?",
        "The limiter goes inside, because every attempt is a request.",
        "08_survive_failures",
        "Does the limiter go inside the retry, or around it?",
    ),
    Symptom(
        "openai.RateLimitError although max_retries is set",
        "Without a Retry-After both of its retries are over within two seconds.",
        "08_survive_failures",
        "How long do the SDKs of OpenAI and Anthropic wait?",
    ),
    Symptom(
        "Which status codes should I retry?",
        "The temporary ones: 429, 503, 529 and a few more. Not 400, 401 or 404.",
        "11_copy_a_snippet",
        "Which failures are worth a retry?",
    ),
    Symptom(
        "The resumed script returns old answers",
        "It stores answers under their URL. For fresh ones, name another results file.",
        "11_copy_a_snippet",
        "Old answers to a question that has changed",
    ),
    Symptom(
        "429 insufficient_quota: You exceeded your current quota",
        "The money is spent, and no wait helps: stop at the first one.",
        "08_survive_failures",
        "Why do the 429s never stop?",
    ),
    Symptom(
        "No Retry-After, but retry_after in the JSON, or retry-after-ms",
        "Some APIs write the delay into the body, and some in milliseconds.",
        "08_survive_failures",
        "What if the delay is in the JSON body, or in milliseconds?",
    ),
    Symptom(
        "A retried POST was charged twice",
        "The first answer was lost, not the request. An idempotency key tells the API.",
        "08_survive_failures",
        "May I retry a POST, or do I pay twice?",
    ),
    Symptom(
        "It works, but it is slow: are there 429s?",
        "Retries hide refusals. A hook of the client notes each of them.",
        "08_survive_failures",
        "How do I see what was refused?",
    ),
)

CLIENT = (
    Symptom(
        "httpx.PoolTimeout",
        "Requests wait inside httpx for a free connection, and that wait can time out.",
        "09_send_ten_thousand_and_more",
        "Two places to wait",
    ),
    Symptom(
        "httpx.ConnectTimeout with hundreds of tasks",
        "The client is busy with its own queue until the timeouts have run out.",
        "09_send_ten_thousand_and_more",
        "A failure without a 429",
    ),
    Symptom(
        "httpx.ReadTimeout: was it sent?",
        "Yes, and probably counted; only the answer is missing.",
        "08_survive_failures",
        "ReadTimeout: was my request sent?",
    ),
    Symptom(
        "aiohttp ServerDisconnectedError, or Server disconnected without sending …",
        "The server closed a connection that was kept open. You may repeat a GET.",
        "08_survive_failures",
        "What is ServerDisconnectedError, and may I retry it?",
    ),
    Symptom(
        "aiohttp: TimeoutError with thousands of tasks",
        "Its timeout of five minutes includes the wait for a free connection.",
        "08_survive_failures",
        "Why does aiohttp time out while requests still wait?",
    ),
    Symptom(
        "httpx is slower than aiohttp with many requests",
        "Each request in flight adds work to httpx's pool; other transports avoid it.",
        "09_send_ten_thousand_and_more",
        "Another transport",
    ),
    Symptom(
        "OSError: [Errno 24] Too many open files",
        "Each connection is an open file: use one client, and a limit.",
        "09_send_ten_thousand_and_more",
        "Too many open files",
    ),
    Symptom(
        "aiohttp: Unclosed client session",
        "Nobody closed the client. Open it with async with, once for all requests.",
        "02_send_many_at_once",
        "Many requests",
    ),
    Symptom(
        "MemoryError, or killed, with a million tasks",
        "Every waiting task takes memory. A few workers over one iterator do not.",
        "09_send_ten_thousand_and_more",
        "How much memory a waiting task takes",
    ),
)

ASYNCIO = (
    Symptom(
        "asyncio.gather: one exception, and all results are lost",
        "gather raises the first failure and drops the rest.",
        "02_send_many_at_once",
        "Surprise 3: what gather loses",
    ),
    Symptom(
        "asyncio.gather does not cancel the other tasks",
        "When one of them fails, it lets the others run on. A TaskGroup cancels them.",
        "02_send_many_at_once",
        "Your turn: stop when one fails",
    ),
    Symptom(
        "async requests run one after the other",
        "An await in a loop waits for each answer before it sends the next request.",
        "01_send_one_request",
        "What await does",
    ),
    Symptom(
        "requests.get or time.sleep in async def: nothing runs at the same time",
        "They block the whole event loop. Use httpx, or asyncio.to_thread.",
        "01_send_one_request",
        "One call that blocks stops every task",
    ),
    Symptom(
        "asyncio.Semaphore(3), and more than 3 at once",
        "Each call makes a semaphore of its own, so nobody ever waits: share one.",
        "03_limit_with_a_semaphore",
        "Your turn: find the mistake",
    ),
    Symptom(
        "A task was cancelled, and others wait at the semaphore for ever",
        "Python 3.11 fixed that. Without async with, a slot can still get lost.",
        "08_survive_failures",
        "Does a cancelled task keep its slot in the semaphore?",
    ),
    Symptom(
        "asyncio.run() cannot be called from a running event loop",
        "A notebook already runs a loop: await there instead.",
        "00_start_here",
        "Why asyncio.run fails here",
    ),
    Symptom(
        "RuntimeError: Event loop is closed",
        "The client was made outside of the run that uses it.",
        "10_share_a_limit",
        "Made outside the run",
    ),
    Symptom(
        "Semaphore … is bound to a different event loop",
        "It was made at module level, and every asyncio.run makes a new loop.",
        "10_share_a_limit",
        "Made outside the run",
    ),
    Symptom(
        "tqdm with asyncio.gather stops at the first error",
        "Count tasks as they end, and let each keep its own outcome.",
        "08_survive_failures",
        "Why does my progress bar stop at the first error?",
    ),
    Symptom(
        "Tests that wait for asyncio.sleep",
        "A clock that jumps instead of waiting, as looptime's, ends them at once.",
        "07_judge_a_limiter",
        "Test your own code without waiting",
    ),
)

LANGUAGE_MODELS = (
    Symptom(
        "Ten thousand prompts, and nobody waits for the answers",
        "A batch endpoint takes them as one file, for half the price.",
        "09_send_ten_thousand_and_more",
        "What if my provider takes all questions in one file?",
    ),
    Symptom(
        "RateLimitError … tokens per min (TPM)",
        "The API counts tokens as well as requests, and they run out first.",
        "13_keep_two_budgets",
        "Two quotas at once",
    ),
    Symptom(
        "Limit 30000, Used 28554, Requested 3082",
        "Reserve the most that a request may cost, before you send it.",
        "13_keep_two_budgets",
        "Reserve, then correct",
    ),
    Symptom(
        "Too many tokens, although my answers are short",
        "Many APIs count max_tokens when a request arrives, and give nothing back.",
        "13_keep_two_budgets",
        "What the API counts",
    ),
    Symptom(
        "How many tokens does a prompt have, before I send it?",
        "About a quarter of its bytes; only the model's tokenizer knows exactly.",
        "13_keep_two_budgets",
        "Estimate a prompt",
    ),
    Symptom(
        "Request too large … on tokens per min",
        "It asks for more than a whole minute has: no wait makes it fit.",
        "13_keep_two_budgets",
        "Why is a Request too large refused again and again?",
    ),
    Symptom(
        "529 overloaded_error",
        "The API is overloaded for everyone: back off longer each time, at random.",
        "08_survive_failures",
        "What do 503 and 529 mean, if I am within my quota?",
    ),
)

SHARED = (
    Symptom(
        "Multiple processes with one API key: 429",
        "Limits that do not know of each other add up, and the API counts the key.",
        "10_share_a_limit",
        "Separate limits add up",
    ),
    Symptom(
        "requests in a ThreadPoolExecutor: 429 Too Many Requests",
        "The number of threads limits what is in flight. A pacer limits the rate.",
        "10_share_a_limit",
        "Pace the threads of a script that you keep",
    ),
    Symptom(
        "A second API key, and still the same limit",
        "Many APIs count by user, organization or IP address, not by key.",
        "10_share_a_limit",
        "Several programs with one key: who counts?",
    ),
    Symptom(
        "Rate limit across Celery workers or machines",
        "The count has to be where all can reach it, such as in Redis.",
        "10_share_a_limit",
        "Celery, and other code without await",
    ),
    Symptom(
        "A different rate limit for each host",
        "Make a limiter for each host on first use: a slow host delays only itself.",
        "10_share_a_limit",
        "A limit and a pace for each host",
    ),
    Symptom(
        "What does my script really send?",
        "Watch it: how many in flight, what is refused, what stands out.",
        "11_copy_a_snippet",
        "Watch your own requests",
    ),
)

SYMPTOMS: dict[str, tuple[Symptom, ...]] = {
    "The API refuses": REFUSED,
    "Retries do not help": RETRIES,
    "The client fails": CLIENT,
    "asyncio surprises": ASYNCIO,
    "Language models": LANGUAGE_MODELS,
    "Several programs": SHARED,
}
"""All of them, by what they have in common."""
