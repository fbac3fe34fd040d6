"""Doctor tries each part for real, and says what to mend."""

import socket

import pytest

from interviewer.doctor import examine
from interviewer.settings import Settings


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.slow
async def test_a_machine_that_is_well(tmp_path_factory, port):
    folder = tmp_path_factory.mktemp("doctor")
    for part in (folder, folder.parent, folder.parent.parent):
        part.chmod(0o711)  # as root, PostgreSQL runs as another user and must get in
    said: list[str] = []
    good = await examine(Settings(_env_file=None, data_folder=folder, port=port), said.append)
    assert good, "\n".join(said)
    assert [line.split()[0] for line in said if line] == ["ok"] * 9


@pytest.mark.slow
async def test_what_is_wrong_is_named_with_what_to_do(tmp_path_factory, port):
    folder = tmp_path_factory.mktemp("doctor")
    said: list[str] = []
    settings = Settings(
        _env_file=None,
        data_folder=folder,
        port=port,
        public_url="http://interviews.example.com",
        prompts_folder=folder / "nowhere",
        database_url="postgresql://melvin@127.0.0.1:9/melvin",
        whisper_model=str(folder / "no-model"),
        judge="chat",
        judge_url="http://127.0.0.1:9/v1",
        judge_model="small-model",
        judge_timeout_s=1.0,
        ice_servers=({"urls": "stun:a.example"}, {"urls": "stun:b.example"}),
    )
    assert not await examine(settings, said.append)
    sick = {line.split()[1].rstrip(":"): line for line in said if line.startswith("MEND")}
    assert set(sick) == {"address", "prompts", "database", "ice", "models", "judge"}
    assert "PUBLIC_URL" in sick["address"]
    assert "DATABASE_URL" in sick["database"]
    assert "127.0.0.1:9" in sick["judge"]
    assert "MELVIN_ICE_SERVERS" in sick["ice"]
