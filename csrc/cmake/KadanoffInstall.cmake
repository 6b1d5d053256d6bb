# Installs headers, library and CMake package; find_package(kadanoff) then works from any prefix.
include(CMakePackageConfigHelpers)

install(TARGETS kadanoff EXPORT kadanoffTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/csrc/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  COMPONENT development FILES_MATCHING PATTERN "*.hpp")

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/kadanoff)
install(EXPORT kadanoffTargets NAMESPACE kadanoff:: DESTINATION ${package_dir} COMPONENT development)
configure_package_config_file(${PROJECT_SOURCE_DIR}/csrc/cmake/kadanoffConfig.cmake.in
  ${PROJECT_BINARY_DIR}/kadanoffConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/kadanoffConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/kadanoffConfig.cmake ${PROJECT_BINARY_DIR}/kadanoffConfigVersion.cmake
  DESTINATION ${package_dir} COMPONENT development)
