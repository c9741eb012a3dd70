# What is installed where, and the Debian package of it. scripts/package makes that.

set(documents ${CMAKE_INSTALL_DATADIR}/doc/linger)
set(manual ${LINGER_MANUAL_DIRECTORY})

set(LINGER_MAINTAINER "Linger maintainers <root@localhost>" CACHE STRING "Who answers for the package, with an address")
set(CPACK_DEBIAN_PACKAGE_MAINTAINER ${LINGER_MAINTAINER})
string(TIMESTAMP LINGER_CHANGED "%a, %d %b %Y %H:%M:%S +0000" UTC) # SOURCE_DATE_EPOCH's where that is set
configure_file(deploy/debian/changelog.in ${CMAKE_BINARY_DIR}/debian/changelog @ONLY)
execute_process(COMMAND gzip -9nkf ${CMAKE_BINARY_DIR}/debian/changelog COMMAND_ERROR_IS_FATAL ANY)
configure_file(deploy/systemd/lingerd.service.in ${CMAKE_BINARY_DIR}/lingerd.service @ONLY)

install(TARGETS linger DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS lingerd DESTINATION ${CMAKE_INSTALL_SBINDIR})
install(FILES ${CMAKE_BINARY_DIR}/lingerd.service DESTINATION lib/systemd/system)
install(FILES ${manual}/linger.toml DESTINATION ${CMAKE_INSTALL_FULL_SYSCONFDIR}/linger)
install(DIRECTORY ${manual}/packed/ DESTINATION ${CMAKE_INSTALL_MANDIR})
install(DIRECTORY ${manual}/completions/bash/ DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(DIRECTORY ${manual}/completions/zsh/ DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install(DIRECTORY ${manual}/completions/fish/ DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
foreach(files prometheus grafana opentelemetry)
  install(DIRECTORY deploy/${files} DESTINATION ${CMAKE_INSTALL_DATADIR}/linger)
endforeach()
install(PROGRAMS deploy/profiles/push-profile DESTINATION ${CMAKE_INSTALL_DATADIR}/linger/profiles)
install(FILES README.md CHANGELOG.md ${CMAKE_BINARY_DIR}/debian/changelog.gz deploy/debian/copyright
  DESTINATION ${documents})
install(DIRECTORY docs DESTINATION ${documents})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME linger)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT) # linger_VERSION_ARCH.deb
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_CURRENT_SOURCE_DIR}/deploy/debian/conffiles)
foreach(script postinst prerm postrm)
  list(APPEND CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_CURRENT_SOURCE_DIR}/deploy/debian/${script})
endforeach()
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "production diagnostics for Python web servers")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Linger watches the workers of Gunicorn, uWSGI and their kin from outside, with
eBPF: what each request waits on, at which line, what it leaves in memory, and
what to change. Services are not restarted, not changed and not stopped.
.
It needs Linux 5.15 or newer with BTF.")
# The configuration goes to /etc, whatever the prefix.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX ${CMAKE_INSTALL_PREFIX})
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
include(CPack)
