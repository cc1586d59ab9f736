import urllib.request


def test_the_page_is_served(project):
    with urllib.request.urlopen(f"http://{project.address('web', 80)}/") as answer:
        assert answer.read() == b"hello\n"


def test_a_job_reaches_the_server_by_name(project):
    job = project.run("job")
    assert job.returncode == 0
    assert job.stdout == "hello\n"


def test_a_job_that_fails_tells_its_exit_code(project):
    assert project.run("job", "sh", "-c", "exit 3").returncode == 3


def test_the_server_has_its_file(project):
    assert project.compose("exec", "-T", "web", "cat", "/www/index.html").stdout == "hello\n"
