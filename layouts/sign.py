"""The pages of people who are not signed in: plain documents that need no script, in both languages and themes."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

from model import Label

WORDS = {
    "wrong": Label(en="The name or the password is wrong.", zh="用户名或密码错误。"),
    "many": Label(en="Too many attempts. Try again in {seconds} s.", zh="尝试次数过多，请在 {seconds} 秒后重试。"),
    "busy": Label(en="Too many people are signing in. Try again.", zh="登录人数过多，请重试。"),
    "away": Label(
        en="Nobody can sign in at the moment: the database does not answer. Who is signed in stays so.",
        zh="数据库没有应答，暂时无法登录。已登录的用户不受影响。",
    ),
    "role": Label(en="Your account has no role here. Ask the administrator.", zh="您的账户在本系统中没有角色，请联系管理员。"),
    "provider": Label(en="Signing in there did not succeed. Try again.", zh="第三方登录未成功，请重试。"),
    "ended": Label(en="You have been signed out.", zh="您已退出登录。"),
}
"""What may be said above the form."""
NOTICES = {
    401: Label(en="This screen is not paired, or its token is over.", zh="此屏幕未配对，或其令牌已失效。"),
    503: Label(en="It cannot be checked at the moment who you are. Trying again.", zh="暂时无法核实身份，正在重试。"),
}
RETRY_SECONDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a page is drawn where the browser remembers no choice of its own."""

    city: Label
    language: str
    theme: str


def form(look: Look, then: str, name: str = "", said: str = "", seconds: int = 0, provider: Label | None = None) -> str:
    """The form. `then` is where to go afterwards, `name` what was typed, `said` the key of a sentence of WORDS."""
    sentence = _say(WORDS[said]).format(seconds=seconds) if said else ""
    query = urlencode({"next": then})
    elsewhere = f'<a class="elsewhere" href="/login/provider?{escape(query)}">{_provider(provider)}</a>' if provider else ""
    fields = (
        f'<label>{_say(Label(en="Name", zh="用户名"))}<input name="name" value="{escape(name)}" maxlength="64" required '
        f'autocapitalize="none" autocomplete="username" spellcheck="false"{"" if name else " autofocus"}></label>'
        f'<label>{_say(Label(en="Password", zh="密码"))}<input name="password" type="password" maxlength="1024" required '
        f'autocomplete="current-password"{" autofocus" if name else ""}></label>'
        f'<input type="hidden" name="next" value="{escape(then)}">'
        f'<button class="primary">{_say(Label(en="Sign in", zh="登录"))}</button>'
    )
    body = f'<form method="post" action="/login"><p class="said" role="alert">{sentence}</p>{fields}</form>{elsewhere}'
    return _document(look, Label(en="Sign in", zh="登录"), body, query)


def notice(look: Look, status: int) -> str:
    """A page that says why there is none; that of a fault which may pass asks again by itself."""
    again = f'<meta http-equiv="refresh" content="{RETRY_SECONDS}">' if status == 503 else ""
    return _document(look, look.city, f'<p class="said">{_say(NOTICES[status])}</p>', "", again)


def _document(look: Look, title: Label, body: str, query: str, head: str = "") -> str:
    lang = "zh-CN" if look.language == "zh" else "en"
    other = "light" if look.theme == "dark" else "dark"
    switch = '<a href="?{query}&amp;{what}={value}" data-set-{what}="{told}" lang="{lang}" title="{title}">{text}</a>'
    switches = [
        switch.format(query=escape(query), what="language", value="en", told="en", lang="en-GB", title="English", text="EN"),
        switch.format(query=escape(query), what="language", value="zh", told="zh", lang="zh-CN", title="中文", text="中"),
        switch.format(query=escape(query), what="theme", value=other, told="next", lang="en", title="Dark / light  深色 / 浅色", text="◐"),
    ]
    return f"""<!DOCTYPE html>
<html lang="{lang}" data-language="{look.language}" data-theme="{look.theme}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title.en)} {escape(title.zh)} · {escape(look.city.en)} {escape(look.city.zh)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/assets/fonts/fonts.css">
<link rel="stylesheet" href="/assets/style.css">
<link rel="stylesheet" href="/assets/sign.css">
<script src="/assets/language.js"></script>{head}
</head>
<body class="door">
<header><h1>{_say(look.city)}</h1><nav class="switches">{"".join(switches)}</nav></header>
<main>{body}</main>
</body>
</html>
"""


def _provider(label: Label | None) -> str:
    return _say(Label(en=f"Sign in with {label.en}", zh=f"使用{label.zh}登录")) if label else ""


def _say(label: Label) -> str:
    return f'<span lang="en">{escape(label.en)}</span><span lang="zh">{escape(label.zh)}</span>'
