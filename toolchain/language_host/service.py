"""gRPC service of the language host, which the engine calls."""

# ruff: noqa: D102, N802 -- the protocol defines names and meaning of the methods
from __future__ import annotations

import sys
from importlib import metadata
from typing import TYPE_CHECKING

from google.protobuf import empty_pb2  # type: ignore[import-untyped]
from pulumi.runtime.proto import LanguageRuntimeServicer, language_pb2, plugin_pb2

from toolchain.language_host import program

if TYPE_CHECKING:
    from collections.abc import Iterator

    import grpc

__all__ = ["LanguageHost"]


class LanguageHost(LanguageRuntimeServicer):
    """Service that runs programs with the Python and the packages of this environment.

    What has no method here the engine is answered UNIMPLEMENTED: making new projects and packages.

    Args:
        engine: Address of the engine, where it said one on the command line.
    """

    def __init__(self, engine: str) -> None:
        self._engine = engine

    def Handshake(
        self, request: language_pb2.LanguageHandshakeRequest, _context: grpc.ServicerContext
    ) -> language_pb2.LanguageHandshakeResponse:
        self._engine = request.engine_address or self._engine
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(
        self, _request: empty_pb2.Empty, _context: grpc.ServicerContext
    ) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=metadata.version("pulumi"))

    def GetRequiredPackages(
        self,
        _request: language_pb2.GetRequiredPackagesRequest,
        _context: grpc.ServicerContext,
    ) -> language_pb2.GetRequiredPackagesResponse:
        """Return no plugin: each resource names the one that it needs."""
        return language_pb2.GetRequiredPackagesResponse()

    def InstallDependencies(
        self,
        _request: language_pb2.InstallDependenciesRequest,
        _context: grpc.ServicerContext,
    ) -> Iterator[language_pb2.InstallDependenciesResponse]:
        """Do nothing: uv.lock fixes the environment."""
        yield language_pb2.InstallDependenciesResponse()

    def RuntimeOptionsPrompts(
        self, _request: language_pb2.RuntimeOptionsRequest, _context: grpc.ServicerContext
    ) -> language_pb2.RuntimeOptionsResponse:
        return language_pb2.RuntimeOptionsResponse()

    def About(
        self, _request: language_pb2.AboutRequest, _context: grpc.ServicerContext
    ) -> language_pb2.AboutResponse:
        version = ".".join(str(part) for part in sys.version_info[:3])
        return language_pb2.AboutResponse(executable=sys.executable, version=version)

    def GetProgramDependencies(
        self,
        _request: language_pb2.GetProgramDependenciesRequest,
        _context: grpc.ServicerContext,
    ) -> language_pb2.GetProgramDependenciesResponse:
        installed = [
            language_pb2.DependencyInfo(name=found.name, version=found.version)
            for found in metadata.distributions()
        ]
        return language_pb2.GetProgramDependenciesResponse(dependencies=installed)

    def Cancel(self, _request: empty_pb2.Empty, _context: grpc.ServicerContext) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    def Run(
        self, request: language_pb2.RunRequest, _context: grpc.ServicerContext
    ) -> language_pb2.RunResponse:
        """Run the program; its error is in the engine's log already."""
        return language_pb2.RunResponse(bail=not program.run(request, self._engine))
