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

STOPPED = "stopped"
"""The state of a process that lives and cannot do its work."""

HISTORY_STOPPED = Rule(
    key="history_stopped",
    label=Label(en="History not written", zh="历史数据停止写入"),
    on="",
    comparison="high",
    limit=0.5,
    priority="high",
    on_delay=10.0,
    guidance=Guidance(
        cause=Label(
            en="The disk of the history is full, or its folder or object store does not answer",
            zh="历史数据磁盘已满，或其目录、对象存储无响应",
        ),
        consequence=Label(
            en="Screens and alarms go on. Readings wait in Kafka and are lost once Kafka throws them away",
            zh="画面与告警不受影响；读数滞留在 Kafka，超过其保留期后将丢失",
        ),
        action=Label(
            en="See on the system page what it says, make room; it goes on by itself",
            zh="在系统页面查看原因并释放空间，之后自动恢复写入",
        ),
        respond_within=3600.0,
    ),
)
"""Of a process whose state is `STOPPED`: then what is judged is 1, else 0."""

DAMAGED = "damaged"
"""The state of a process that works, and found files that cannot be read."""

HISTORY_DAMAGED = Rule(
    key="history_damaged",
    label=Label(en="History damaged", zh="历史文件损坏"),
    on="",
    comparison="high",
    limit=0.5,
    priority="medium",
    guidance=Guidance(
        cause=Label(
            en="A file of the history cannot be read: its disk is failing, or a copy of it broke off",
            zh="历史数据文件无法读取：磁盘故障，或文件复制中断",
        ),
        consequence=Label(
            en="It was put aside; what it held is missing in charts and reports. All else goes on",
            zh="该文件已移出，其中的数据在图表和报告中缺失；其余一切照常",
        ),
        action=Label(
            en="See on the system page which it is, look at the disk, take it from the backup, then delete it from the folder damaged",
            zh="在系统页面查看是哪个文件，检查磁盘，从备份恢复，然后从 damaged 目录中删除该文件",
        ),
        respond_within=86_400.0,
    ),
)
"""Of a process whose state is `DAMAGED`: then what is judged is 1, else 0."""

OF_PROCESSES = (PROCESS_DEAD, HISTORY_STOPPED, HISTORY_DAMAGED)
RULES = (FEED_DOWN, *OF_PROCESSES)
