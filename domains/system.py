"""The rules that every city has whatever its bureaus: a feed that fell silent, a process that died."""

from __future__ import annotations

from model import Guidance, Label, Rule

SYSTEM = "system"
"""Where conditions of processes belong, in place of a domain's key."""

FEED_DOWN = Rule(
    key="feed_down",
    label=Label(en="Feed silent", zh="数据中断"),
    on="",
    comparison="no_data",
    limit=60.0,
    priority="high",
    guidance=Guidance(
        cause=Label(
            en="The bureau's gateway stopped sending, the network to it is down, or Kafka does not answer",
            zh="部门网关停止发送、网络中断或 Kafka 无响应",
        ),
        consequence=Label(
            en="All figures of this domain are old; new events will not be seen", zh="该领域全部数据停止更新，新事件无法发现"
        ),
        action=Label(en="Check the system page, call the bureau's duty desk", zh="查看系统页面，联系该部门值班室"),
        respond_within=600.0,
    ),
)
"""On every domain; the limit is the least: a feed of slow sensors may be silent for three times the interval it keeps."""

PROCESS_DEAD = Rule(
    key="process_dead",
    label=Label(en="Process not answering", zh="进程无响应"),
    on="",
    comparison="no_data",
    limit=6.0,
    priority="high",
    guidance=Guidance(
        cause=Label(en="The process was killed, its machine is down or too busy", zh="进程被终止、主机故障或负载过高"),
        consequence=Label(
            en="Another takes over; without one, readings wait in Kafka and screens age",
            zh="由其他进程接管；若无备用，读数滞留在 Kafka，画面停止更新",
        ),
        action=Label(en="Start it again, look at its log", zh="重新启动该进程并查看日志"),
        respond_within=600.0,
    ),
)

RULES = (FEED_DOWN, PROCESS_DEAD)
